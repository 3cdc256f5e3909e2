/*
title = "问题的存续"
why   = "From which run to which each finding was open, and how grave it was then (until_run is the first that no longer says so; null is still). Withdrawn nights count for nothing."
*/
with

entries as (
    select e.*
    from staging.ledger_entries as e
    anti join staging.withdrawn_runs as w on e.run_no = w.run_no
),

spans as (
    select
        position,
        finding_id,
        change,
        run_no as from_run,
        lead(run_no) over (partition by finding_id order by position) as until_run,
        last_value(severity ignore nulls) over (partition by finding_id order by position) as severity,
        last_value(due_on ignore nulls) over (partition by finding_id order by position) as due_on
    from entries
)

select
    s.position,
    s.finding_id,
    s.from_run,
    s.until_run,
    s.severity,
    s.due_on,
    k.rule,
    k.office,
    k.case_no,
    k.account,
    k.person_id,
    k.source,
    k.evidence
from spans as s
inner join core.ledger as k on s.finding_id = k.finding_id
where s.change <> 'gone' and k.rule is not null
