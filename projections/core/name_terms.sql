/*
title = "姓名对应的人"
why   = "For each office and name on a roster: from which day to which exactly one natural person of that name was in force there, or several, who are nobody. An entry without an office is of every office."
*/
with

offices as (
    select distinct office from staging.steps
),

terms as (
    select
        o.office,
        translate(regexp_replace(coalesce(f.folded, t.person_name), '[\s\p{Z}]', '', 'g'), '•・‧', '···') as name_key,
        t.person_id,
        t.person_name,
        t.from_on,
        t.to_on
    from core.roster_terms as t
    inner join offices as o on coalesce(t.office = o.office, true)
    left join staging.folds as f on t.person_name = f.writing
    where t.person_id is not null and t.person_name is not null and t.org_kind is distinct from 'robot'
),

points as (
    select office, name_key, from_on from terms
    union
    select office, name_key, to_on + 1 from terms where to_on is not null
),

spans as (
    select
        *,
        lead(from_on) over (partition by office, name_key order by from_on) - 1 as to_on
    from points
)

select
    s.office,
    s.name_key,
    s.from_on,
    s.to_on,
    case when count(distinct t.person_id) = 1 then min(t.person_id) end as person_id,
    min(t.person_name) as person_name
from spans as s
inner join terms as t
    on
        s.office = t.office
        and s.name_key = t.name_key
        and s.from_on >= t.from_on
        and (t.to_on is null or s.from_on <= t.to_on)
group by s.office, s.name_key, s.from_on, s.to_on
