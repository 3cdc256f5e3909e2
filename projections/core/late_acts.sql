/*
title = "晚到的操作"
why   = "What was done long before the latest moment from which its office and source had delivered rows by the last counting night before its import: that night had judged its day without it. Not late is the first delivery of a case by a source that sends closed cases. is_late_before tells the same of the night before its row was rejected. Both are null where no calendar of those days is published."
*/
with

acts as (
    select
        s.position,
        s.office,
        s.case_no,
        s.step,
        s.occurred_at,
        s.precision,
        i.import_no,
        i.position as import_position,
        i.source,
        i.is_of_closed,
        i.backfill,
        i.night_no,
        i.run_no,
        i.log_position,
        m.reached_at
    from core.steps as s
    inner join core.import_nights as i on s.import_no = i.import_no
    inner join core.judged_moments as m
        on s.office = m.office and i.source = m.source and i.night_no = m.night_no
    where
        s.step in ('accept', 'review', 'book', 'pause', 'resume', 'withdraw', 'expedite', 'explain')
        and s.evidence = 'recorded'
        and s.occurred_at < m.reached_at
),

first_deliveries as (
    select s.office, s.case_no, i.source, min(i.night_no) as night_no
    from core.steps as s
    inner join core.import_nights as i on s.import_no = i.import_no
    where i.is_of_closed
    group by s.office, s.case_no, i.source
),

moments as (
    select position, office, occurred_at, reached_at, true as is_own from acts
    union all
    select a.position, a.office, a.occurred_at, r.reached_at, false
    from acts as a inner join core.returned_acts as r on a.position = r.position
    where r.reached_at is not null
),

-- Behind the last day of the calendar there are as many working days as up to it, or more.
counted as (
    select
        m.position,
        m.is_own,
        cast(m.reached_at as date) - cast(m.occurred_at as date) <= p.overlap_days as is_near,
        u.ordinal is not null as is_exact,
        coalesce(u.ordinal, e.last_ordinal)
        - coalesce(d.ordinal, case when cast(m.occurred_at as date) < e.first_on then 0 end) as days,
        p.overlap_days
    from moments as m
    cross join params.late_entry as p
    left join reference.offices as o on m.office = o.office
    inner join core.calendar_ends as e on coalesce(o.calendar, '*') = e.calendar
    left join core.workdays as d on e.calendar = d.calendar and cast(m.occurred_at as date) = d.on_date
    left join core.workdays as u on e.calendar = u.calendar and cast(m.reached_at as date) = u.on_date
),

judged as (
    select
        position,
        is_own,
        case when is_near then false when days > overlap_days then true when is_exact and days is not null then false end
            as is_late
    from counted
)

select a.*, own.is_late, before.is_late as is_late_before
from acts as a
inner join judged as own on a.position = own.position and own.is_own
left join judged as before on a.position = before.position and not before.is_own
left join first_deliveries as f
    on a.is_of_closed and a.office = f.office and a.case_no = f.case_no and a.source = f.source
where own.is_late is distinct from false and coalesce(a.night_no > f.night_no, true)
