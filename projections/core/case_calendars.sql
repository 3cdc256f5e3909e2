/*
title = "办件日历"
why   = "Which calendar a case runs on, each start of its clock, and the day up to which the clock has run: finish or as-of."
per_case = true
*/
with

rounds as (
    select
        s.office,
        s.case_no,
        s.round_no,
        s.is_last,
        s.started_on,
        coalesce(cast(e.closed_at as date), run.as_of_on) as clocked_on,
        coalesce(o.calendar, '*') as calendar
    from core.clock_starts as s
    cross join reference.run as run
    left join core.case_ends as e on s.office = e.office and s.case_no = e.case_no
    left join reference.offices as o on s.office = o.office
)

select
    rounds.office,
    rounds.case_no,
    rounds.round_no,
    rounds.is_last,
    rounds.calendar,
    rounds.started_on,
    rounds.clocked_on,
    begins.ordinal as start_ordinal,
    ends.ordinal as clocked_ordinal
from rounds
left join core.workdays as begins on rounds.calendar = begins.calendar and rounds.started_on = begins.on_date
left join core.workdays as ends on rounds.calendar = ends.calendar and rounds.clocked_on = ends.on_date
