/*
title = "问题的经过"
why   = "Every appearance, change and disappearance of every finding up to this run, with its night and the latest import since the night before that brought what it rests on: of an appearance its evidence; of all else, of which the log keeps none, rows of its case or, where there are none, of its account, person or source. None where time alone did it. Withdrawn nights do not count."
*/
with

nights as (
    select
        runs.run_no,
        runs.night,
        runs.log_position as upto,
        coalesce(lag(runs.log_position) over (order by runs.run_no), 0) as after
    from results.published_runs as runs
    cross join reference.run
    where runs.kind = 'nightly' and not runs.is_withdrawn and runs.night <= run.as_of_on
),

entries as (
    select finding_id, run_no, change, severity, evidence
    from staging.ledger_entries
    union all
    select c.finding_id, this.run_no, c.change, c.severity, c.evidence
    from results.finding_changes as c
    cross join (select max(run_no) as run_no from results.published_runs) as this
),

told as (
    select
        e.finding_id, e.run_no, e.change, e.evidence, n.night, n.after, n.upto,
        -- The log does not say again how grave a finding was that is gone.
        last_value(e.severity ignore nulls) over (partition by e.finding_id order by e.run_no) as severity
    from entries as e
    inner join nights as n on e.run_no = n.run_no
),

later as (
    select t.finding_id, t.run_no, k.office, k.case_no, k.account, k.person_id, k.source
    from told as t
    inner join core.ledger as k on t.finding_id = k.finding_id
    where t.change <> 'opened'
),

imported as (
    select position, import_no from staging.steps
    union all
    select position, import_no from staging.roster_entries
    union all
    select position, import_no from staging.imports
),

arrived as (
    select t.finding_id, t.run_no, i.position, i.import_no, true as is_own
    from (select finding_id, run_no, unnest(evidence) as position from told where change = 'opened') as t
    inner join imported as i on t.position = i.position
    union all
    select l.finding_id, l.run_no, s.position, s.import_no, true
    from later as l inner join staging.steps as s on l.office = s.office and l.case_no = s.case_no
    union all
    select l.finding_id, l.run_no, r.position, r.import_no, false
    from later as l inner join staging.roster_entries as r on l.account = r.account
    union all
    select l.finding_id, l.run_no, r.position, r.import_no, false
    from later as l inner join staging.roster_entries as r on l.person_id = r.person_id
    union all
    select l.finding_id, l.run_no, i.position, i.import_no, false
    from later as l inner join staging.imports as i on l.source = i.source
)

select
    t.finding_id, t.run_no, t.night, t.change, t.severity,
    coalesce(max(a.import_no) filter (where a.is_own), max(a.import_no)) as import_no
from told as t
left join arrived as a
    on t.finding_id = a.finding_id and t.run_no = a.run_no and a.position > t.after and a.position <= t.upto
group by all
