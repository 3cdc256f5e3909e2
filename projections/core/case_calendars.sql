/*
title = "办件日历"
why   = "Which calendar a case runs on, its start, and the day up to which its clock has run: finish or as-of."
per_case = true
*/
with

cases as (
    select
        a.office,
        a.case_no,
        cast(a.accepted_at as date) as accepted_on,
        cast(least(e.closed_at, run.as_of) as date) as clocked_on,
        coalesce(o.calendar, '*') as calendar
    from core.case_attributes as a
    cross join reference.run as run
    left join core.case_ends as e on a.office = e.office and a.case_no = e.case_no
    left join reference.offices as o on a.office = o.office
    where a.accepted_at is not null
)

select
    cases.office,
    cases.case_no,
    cases.calendar,
    cases.accepted_on,
    cases.clocked_on,
    begins.ordinal as accepted_ordinal,
    ends.ordinal as clocked_ordinal
from cases
left join core.workdays as begins on cases.calendar = begins.calendar and cases.accepted_on = begins.on_date
left join core.workdays as ends on cases.calendar = ends.calendar and cases.clocked_on = ends.on_date
