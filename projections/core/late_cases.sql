/*
title = "有事后补录的办件"
why   = "Each case with late actions: the first of the gravest, how many there are, and what a correction changed where nobody can tell whether it is the row that was rejected."
*/
with

judged as (
    select
        r.*,
        coalesce(steps.title, r.step) as step_title,
        list_position(['critical', 'major', 'minor'], r.severity) as grade,
        r.verdict = 'late' as is_late
    from core.late_rows as r
    left join reference.vocabulary as steps on steps.column_name = 'step' and r.step = steps.value
    where r.verdict in ('late', 'unknown')
),

ranked as (
    select
        *,
        row_number() over (
            partition by office, case_no order by is_late desc, grade, occurred_at, position
        ) as rank_no
    from judged
),

per_case as (
    select
        office,
        case_no,
        count(*) filter (where is_late) as late_rows,
        count(distinct import_no) filter (where is_late) as imports,
        list_sort(list_distinct(list_concat(
            array_agg(position) filter (where is_late), flatten(array_agg(finding_positions) filter (where is_late))
        ))) as evidence,
        array_agg(position) as unknown_evidence,
        array_agg(position) filter (where is_late) as late_positions,
        bool_or(is_late) as is_late
    from judged
    group by office, case_no
)

select
    c.office,
    c.case_no,
    r.step_title,
    r.occurred_at,
    r.precision,
    r.import_no,
    r.reached_at,
    r.severity,
    r.rejecting_no,
    r.rejected_row_no,
    r.faults,
    c.late_rows,
    c.imports,
    c.is_late,
    c.late_positions,
    case when c.is_late then c.evidence else c.unknown_evidence end as evidence
from per_case as c
inner join ranked as r on c.office = r.office and c.case_no = r.case_no and r.rank_no = 1
