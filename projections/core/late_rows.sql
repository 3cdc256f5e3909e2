/*
title = "事后补录"
why   = "Each late action with what is to be said of it: late, unknown, or why it is not held against the case (backfill: declared; returned: rejected in time, and as it was; missed: of days of which a night had told that nothing came). How grave it is follows from what the last counting night before its import had found, and from whether the case was open then."
*/
with

late as (
    select * from core.late_acts
),

missed as (
    select l.position, min(o.source) as source, array_agg(distinct o.position) as told_at
    from late as l
    inner join core.outages as o
        on
            l.office = o.office
            and (l.source = o.source or l.source = '')
            and cast(l.occurred_at as date) between o.from_on and o.to_on
            and l.import_position > o.position
    group by l.position
),

found as (
    select
        l.position,
        bool_or(f.severity = 'critical') as is_critical,
        array_agg(f.position) as finding_positions
    from late as l
    inner join core.finding_spans as f
        on
            l.office = f.office
            and l.case_no = f.case_no
            and l.run_no >= f.from_run
            and coalesce(l.run_no < f.until_run, true)
    where f.rule <> 'late-entry'
    group by l.position
),

-- Known by that night, and not closed by anything that was.
open_then as (
    select l.position
    from late as l
    inner join core.steps as s on l.office = s.office and l.case_no = s.case_no
    left join core.case_ends as e on l.office = e.office and l.case_no = e.case_no
    where s.position <= l.log_position and l.step in ('accept', 'pause', 'resume', 'withdraw')
    group by l.position
    having not coalesce(bool_or(s.step = e.close_kind and s.occurred_at = e.closed_at), false)
)

select
    l.position,
    l.office,
    l.case_no,
    l.step,
    l.occurred_at,
    l.precision,
    l.import_no,
    l.reached_at,
    l.backfill,
    coalesce(m.source, nullif(l.source, '')) as source,
    r.rejecting_no,
    r.rejected_row_no,
    r.faults,
    coalesce(m.told_at, []) as told_at,
    coalesce(f.finding_positions, []) as finding_positions,
    case
        when l.backfill <> '' then 'backfill'
        when r.is_same and not coalesce(l.is_late_before, r.reached_at is not null) then 'returned'
        when m.position is not null then 'missed'
        when l.is_late is null then 'unknown'
        when r.position is not null and r.is_same is null and not coalesce(l.is_late_before, false) then 'unknown'
        else 'late'
    end as verdict,
    case
        when f.is_critical then 'critical'
        when f.position is not null or o.position is not null then 'major'
        else 'minor'
    end as severity
from late as l
left join missed as m on l.position = m.position
left join found as f on l.position = f.position
left join open_then as o on l.position = o.position
left join core.returned_acts as r on l.position = r.position
