/*
title = "台账"
why   = "Each finding as the ledger has it: when it was opened, its severity, due day and summary now, whether it is still there. What a withdrawn night said counts for nothing: of a finding that only such nights knew, all but the id is null."
*/
with

withdrawn as (
    select * from staging.withdrawn_runs
),

entries as (
    select
        e.*,
        w.run_no is null as is_counted
    from staging.ledger_entries as e
    left join withdrawn as w on e.run_no = w.run_no
)

select
    finding_id,
    min(night) filter (where is_counted and change = 'opened') as first_found_on,
    arg_max(change, position) filter (where is_counted) as last_change,
    arg_max(night, position) filter (where is_counted) as changed_on,
    max(night) filter (where is_counted and change in ('opened', 'reopened')) as appeared_on,
    any_value(rule) filter (where is_counted) as rule,
    arg_max(severity, position) filter (where is_counted and severity is not null) as severity,
    any_value(office) filter (where is_counted) as office,
    any_value(case_no) filter (where is_counted) as case_no,
    any_value(account) filter (where is_counted) as account,
    any_value(person_id) filter (where is_counted) as person_id,
    any_value(source) filter (where is_counted) as source,
    any_value(occurred_at) filter (where is_counted) as occurred_at,
    arg_max(due_on, position) filter (where is_counted and due_on is not null) as due_on,
    arg_max(summary, position) filter (where is_counted and summary is not null) as summary,
    any_value(basis) filter (where is_counted) as basis,
    any_value(evidence) filter (where is_counted) as evidence
from entries
group by finding_id
