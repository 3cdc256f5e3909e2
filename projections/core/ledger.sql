/*
title = "台账"
why   = "Each finding as the ledger has it: when it was opened, its severity and summary now, whether it is still there."
*/
with

entries as (
    select * from staging.ledger_entries
)

select
    finding_id,
    count(*) as version,
    min(cast(as_of as date)) filter (where change = 'opened') as first_found_on,
    arg_max(change, position) as last_change,
    arg_max(cast(as_of as date), position) as changed_on,
    max(cast(as_of as date)) filter (where change in ('opened', 'reopened')) as appeared_on,
    any_value(rule) as rule,
    arg_max(severity, position) filter (where severity is not null) as severity,
    any_value(office) as office,
    any_value(case_no) as case_no,
    any_value(account) as account,
    any_value(person_id) as person_id,
    any_value(source) as source,
    any_value(occurred_at) as occurred_at,
    any_value(due_on) as due_on,
    arg_max(summary, position) filter (where summary is not null) as summary,
    any_value(basis) as basis,
    any_value(evidence) as evidence
from entries
group by finding_id
