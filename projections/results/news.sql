/*
title = "新的问题"
why   = "Findings of tonight that no earlier night had, that ceased and came back, whose severity rose, or with a forbidden act that no earlier night had; a row for each office that is concerned, null where all are. Warnings and hints are no news."
*/
with

run as (
    select as_of_on from reference.run
),

withdrawn as (
    select run_no from staging.withdrawn_runs
),

before as (
    select
        e.finding_id,
        arg_max(e.change, e.position) as last_change,
        arg_max(e.severity, e.position) filter (where e.severity is not null) as severity
    from staging.ledger_entries as e
    anti join withdrawn as w on e.run_no = w.run_no
    where e.night < (select as_of_on from run)
    group by e.finding_id
),

seen as (
    select coalesce(max(log_position), 0) as position
    from core.runs
    where kind = 'nightly' and not is_withdrawn and night < (select as_of_on from run)
),

acts as (
    select distinct e.finding_id
    from results.finding_evidence as e
    inner join seen on e.position > seen.position
    where e.role in ('act', 'late')
),

grades as (
    select unnest(['info', 'minor', 'major', 'critical']) as severity, unnest([1, 2, 3, 4]) as grade
),

judged as (
    select
        v.*,
        case
            when b.finding_id is null or b.last_change = 'gone' then 'opened'
            when now.grade > was.grade then 'raised'
            when a.finding_id is not null then 'acted'
        end as why
    from results.violations as v
    inner join reference.rules as r on v.rule = r.rule and not r.is_warning
    inner join grades as now on v.severity = now.severity
    left join before as b on v.finding_id = b.finding_id
    left join grades as was on b.severity = was.severity
    left join acts as a on v.finding_id = a.finding_id
    where v.severity <> 'info'
)

select
    j.finding_id, j.rule, j.rule_title, j.severity, j.why,
    unnest(case
        when j.office is not null then [j.office]
        when len(p.offices) > 0 then p.offices
        else [cast(null as varchar)]
    end) as office
from judged as j
left join core.persons as p on j.office is null and j.person_id = p.person_id
where j.why is not null
order by j.finding_id
