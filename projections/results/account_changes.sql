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
        max(struct_pack(number := e.position, person_id := e.person_id, org_kind := e.org_kind)) as last_entry
    from core.roster_entries as e
    cross join seen
    group by e.account, e.office, e.position > seen.position
)

select
    n.office,
    n.account,
    o.last_entry.person_id as old_person_id,
    n.last_entry.person_id as new_person_id,
    o.last_entry.org_kind as old_org_kind,
    n.last_entry.org_kind as new_org_kind
from told as n
inner join told as o on n.account = o.account and n.office is not distinct from o.office and not o.is_new
where
    n.is_new
    and (
        n.last_entry.person_id is distinct from o.last_entry.person_id
        or n.last_entry.org_kind is distinct from o.last_entry.org_kind
    )
order by n.office, n.account
