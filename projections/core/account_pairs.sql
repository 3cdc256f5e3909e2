/*
title = "同一人的两个账号"
why   = "Two accounts that one person held on the same day, by the roster in force: since when, and by which entries. Robots are no persons."
*/
with

terms as (
    select
        t.person_id,
        t.account,
        t.position,
        t.from_on,
        least(coalesce(t.to_on, run.as_of_on), run.as_of_on) as to_on
    from core.roster_terms as t
    cross join reference.run
    where t.person_id is not null and t.org_kind is distinct from 'robot' and t.from_on <= run.as_of_on
)

select
    a.person_id,
    a.account,
    b.account as other_account,
    min(greatest(a.from_on, b.from_on)) as since_on,
    list_distinct(list_concat(array_agg(a.position), array_agg(b.position))) as positions
from terms as a
inner join terms as b
    on a.person_id = b.person_id and a.account < b.account and a.from_on <= b.to_on and b.from_on <= a.to_on
group by a.person_id, a.account, b.account
