/*
title = "一人的账号及其使用"
why   = "The accounts of a person ($person) at some offices ($offices), as the roster has them, with what was done with each: by whom the roster says it is at the time of the act."
*/
with

used as (
    select
        account,
        count(*) as acts,
        count(distinct terminal) as terminals,
        count(distinct cast(occurred_at as date)) as days,
        min(occurred_at) as first_at,
        max(occurred_at) as last_at
    from main.steps
    where person_id = $person and list_contains($offices, office)
    group by account
),

listed as (
    select * from main.accounts
    where person_id = $person and (office is null or list_contains($offices, office))
)

select
    coalesce(l.account, u.account) as account,
    l.office,
    l.org_kind,
    l.post,
    l.section,
    l.valid_from,
    l.valid_to,
    coalesce(l.is_registered, false) as is_registered,
    coalesce(l.is_current, false) as is_current,
    coalesce(u.acts, 0) as acts,
    coalesce(u.days, 0) as days,
    coalesce(u.terminals, 0) as terminals,
    u.first_at,
    u.last_at
from listed as l
full join used as u on l.account = u.account
order by account, valid_from
