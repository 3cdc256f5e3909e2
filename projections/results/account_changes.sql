/*
title = "账号备案的变更"
why   = "Accounts that rosters before tonight knew and that a roster since the last night gives to another person or another kind of office."
*/
with

run as (
    select as_of_on from reference.run
),

seen as (
    select coalesce(max(log_position), 0) as position
    from core.runs
    where kind = 'nightly' and not is_withdrawn and night < (select as_of_on from run)
),

told as (
    select
        e.account,
        e.office,
        e.position > seen.position as is_new,
        arg_max(e.person_id, e.position) as person_id,
        arg_max(e.org_kind, e.position) as org_kind
    from core.roster_entries as e
    cross join seen
    group by e.account, e.office, e.position > seen.position
)

select
    n.office,
    n.account,
    o.person_id as old_person_id,
    n.person_id as new_person_id,
    o.org_kind as old_org_kind,
    n.org_kind as new_org_kind
from told as n
inner join told as o on n.account = o.account and n.office is not distinct from o.office and not o.is_new
where
    n.is_new
    and (n.person_id is distinct from o.person_id or n.org_kind is distinct from o.org_kind)
order by n.office, n.account
