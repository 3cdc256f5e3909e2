/*
title = "本次的问题与已消失的问题"
why   = "Findings of this run with their history, and those the ledger knows that are not found any more; each with the latest import that its evidence came with. A rule that did not run, or not to its end, says nothing about its findings: they stay as they were, those of one that did not run marked."
*/
with

known as (
    select ledger.*
    from core.ledger
    cross join reference.run
    where ledger.first_found_on <= run.as_of_on
),

settled as (
    select
        v.finding_id, v.rule, v.rule_title, v.severity, v.office, v.case_no, v.account, v.person_id, v.source,
        v.occurred_at, v.due_on, v.summary, v.basis, v.evidence,
        coalesce(k.first_found_on, run.as_of_on) as first_found_on,
        'open' as state,
        case when k.last_change <> 'gone' then k.appeared_on else run.as_of_on end as changed_on
    from results.violations as v
    cross join reference.run
    left join known as k on v.finding_id = k.finding_id
    union all
    select
        k.finding_id, k.rule, coalesce(named.title, k.rule), k.severity, k.office, k.case_no, k.account, k.person_id, k.source,
        k.occurred_at, k.due_on, k.summary, k.basis, k.evidence, k.first_found_on,
        case
            when k.last_change = 'gone' then 'gone'
            when r.rule is null then 'not_run'
            when r.status = 'error' then 'open'
            else 'gone'
        end as state,
        case
            when k.last_change = 'gone' then k.changed_on
            when coalesce(r.status = 'error', true) then k.appeared_on
            else run.as_of_on
        end as changed_on
    from known as k
    cross join reference.run
    left join results.rule_runs as r on k.rule = r.rule
    left join reference.rules as named on k.rule = named.rule
    anti join results.violations as v on k.finding_id = v.finding_id
),

imported as (
    select position, import_no from staging.steps
    union all
    select position, import_no from staging.roster_entries
    union all
    select position, import_no from staging.imports
),

-- A finding of an earlier day may rest on rows that came late: its latest import says so.
brought as (
    select
        e.finding_id,
        max(i.import_no) as brought_by
    from (select finding_id, unnest(evidence) as position from settled) as e
    inner join imported as i on e.position = i.position
    group by e.finding_id
)

select
    s.*,
    b.brought_by
from settled as s
left join brought as b on s.finding_id = b.finding_id
