/*
title = "上一晚有而本次没有的问题"
why   = "Findings that the last counting night of an earlier date had and this run has not, and those whose due day is another now. A rule that did not run to its end loses nothing. What warns of a due day ends by itself when the case is closed in time or overdue: it is lost only where its day is another or the case was closed, as is said now, before that night."
*/
with

before as (
    select
        max_by(n.run_no, n.night_no) as run_no,
        max_by(n.as_of, n.night_no) as as_of,
        max_by(n.log_position, n.night_no) as log_position
    from core.counting_nights as n
    cross join reference.run
    where n.night < run.as_of_on
)

select
    f.finding_id,
    f.rule,
    f.severity,
    f.office,
    f.case_no,
    f.account,
    f.person_id,
    f.evidence,
    f.due_on as due_before,
    coalesce(v.due_on, c.due_on) as due_after,
    case when v.finding_id is null then 'ceased' else 'due_moved' end as how,
    before.as_of as judged_until,
    before.log_position as judged_upto
from core.finding_spans as f
cross join before
inner join results.rule_runs as r on f.rule = r.rule
left join results.violations as v on f.finding_id = v.finding_id
left join core.cases as c on f.office = c.office and f.case_no = c.case_no
where
    before.run_no >= f.from_run
    and coalesce(before.run_no < f.until_run, true)
    and f.source is null
    and r.status <> 'error'
    and (v.finding_id is null or f.due_on <> v.due_on)
    and (
        f.rule <> 'due-soon'
        or f.due_on is distinct from c.due_on
        or coalesce(c.closed_at <= before.as_of, false)
    )
