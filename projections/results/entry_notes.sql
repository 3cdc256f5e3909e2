/*
title = "本夜的系统提示"
why   = "What there is to note on entries that are not opened tonight: new evidence, another severity, a finding that is no longer found or is found again, and a rule that does not run, or runs again. A rule that ended in an error, or does not run, says nothing of its findings."
*/
with

ran as (
    select r.rule, runs.status
    from results.entry_rules as r
    left join results.rule_runs as runs on r.rule = runs.rule
),

listed as (
    select
        e.*,
        ran.status is not null and ran.status <> 'error' as has_run,
        row_number() over (partition by e.finding_id order by e.seq desc) = 1 as is_last,
        row_number() over (partition by e.entry order by e.finding_id) = 1 as is_first
    from results.entry_findings as e
    left join ran on e.rule = ran.rule
    where e.state <> 'voided'
),

told as (
    select
        l.entry, l.finding_id, l.rule, n.severity, 'evidence' as kind, n.new_rows
    from listed as l
    inner join results.entry_news as n on l.finding_id = n.finding_id
    where l.is_last and n.decision = 'note' and len(n.new_rows) > 0

    union all

    select l.entry, l.finding_id, l.rule, n.severity, 'severity', []
    from listed as l
    inner join results.entry_news as n on l.finding_id = n.finding_id
    where l.is_last and n.decision = 'note' and l.kind <> 'history' and n.severity <> l.last_severity

    union all

    select l.entry, l.finding_id, l.rule, v.severity, if(v.finding_id is null, 'gone', 'back'), []
    from listed as l
    left join results.violations as v on l.finding_id = v.finding_id
    where l.is_last and not l.is_final and l.has_run and (v.finding_id is null) <> l.is_gone

    union all

    select l.entry, l.finding_id, l.rule, null, if(l.has_run, 'runs', 'not_run'), []
    from listed as l
    where l.is_first and not l.is_final and l.has_run = l.is_not_run
)

select *
from told
order by entry, finding_id, kind
