/*
title = "停表区间"
why   = "Lawful pauses, but for those begun after the finish, as spans of working-day ordinals, overlapping ones joined, with the days stopped before each."
per_case = true
*/
with

last_days as (
    select * from core.calendar_ends
),

-- An open pause, or one resumed in a year that is not published, has no end yet.
spans as (
    select
        p.office,
        p.case_no,
        c.round_no,
        coalesce(begins.ordinal, last_days.last_ordinal) as start_ordinal,
        coalesce(ends.ordinal, 1000000000) as end_ordinal
    from core.pauses as p
    inner join core.case_calendars as c on p.office = c.office and p.case_no = c.case_no
    inner join last_days on c.calendar = last_days.calendar
    left join core.workdays as begins
        on c.calendar = begins.calendar and greatest(cast(p.paused_at as date), c.started_on) = begins.on_date
    left join core.workdays as ends
        on c.calendar = ends.calendar and cast(p.resumed_at as date) = ends.on_date
    where p.is_lawful and not p.is_after_finish and (p.resumed_at is null or cast(p.resumed_at as date) >= c.started_on)
),

marked as (
    select
        *,
        max(end_ordinal) over (
            partition by office, case_no, round_no
            order by start_ordinal, end_ordinal
            rows between unbounded preceding and 1 preceding
        ) as reached
    from spans
),

numbered as (
    select
        *,
        sum(case when start_ordinal <= reached then 0 else 1 end) over (
            partition by office, case_no, round_no
            order by start_ordinal, end_ordinal
        ) as span_no
    from marked
),

joined as (
    select
        office,
        case_no,
        round_no,
        min(start_ordinal) as start_ordinal,
        max(end_ordinal) as end_ordinal
    from numbered
    group by office, case_no, round_no, span_no
)

select
    office,
    case_no,
    round_no,
    start_ordinal,
    end_ordinal,
    end_ordinal - start_ordinal as stopped_days,
    cast(
        sum(end_ordinal - start_ordinal) over (partition by office, case_no, round_no order by start_ordinal) as bigint
    ) - (end_ordinal - start_ordinal) as stopped_before
from joined
