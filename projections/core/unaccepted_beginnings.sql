/*
title = "没有受理记录的办件的起点"
why   = "How many working days lie between the first day that the log covers for the office and the first of a case without an acceptance, and within how many it may have been accepted before."
*/
with

days as (
    select
        g.office,
        g.case_no,
        coalesce(o.calendar, '*') as calendar,
        b.first_on,
        cast(a.first_at as date) as begun_on,
        case when a.is_begun_late then p.ended_days else p.begun_days end as open_days
    from core.step_gaps as g
    inner join core.case_attributes as a on g.office = a.office and g.case_no = a.case_no
    inner join core.office_beginnings as b on g.office = b.office
    cross join params.missing_step as p
    left join reference.offices as o on g.office = o.office
    where g.is_unaccepted
),

-- Days outside of the published years add none: in doubt the case is near the beginning.
counted as (
    select
        d.*,
        coalesce(f.ordinal, case when d.first_on > e.last_on then e.last_ordinal else 0 end) as first_ordinal,
        coalesce(s.ordinal, case when d.begun_on > e.last_on then e.last_ordinal else 0 end) as begun_ordinal
    from days as d
    inner join core.calendar_ends as e on d.calendar = e.calendar
    left join core.workdays as f on d.calendar = f.calendar and d.first_on = f.on_date
    left join core.workdays as s on d.calendar = s.calendar and d.begun_on = s.on_date
)

select
    office,
    case_no,
    begun_ordinal - first_ordinal <= open_days as is_near
from counted
