/*
title = "工作日历"
why = "Counts working days and working time up to each day, so that any span is one subtraction."
*/
with

days as (
    select * from reference.days
),

hours as (
    select * from reference.hours
),

joined as (
    select
        days.calendar,
        days.on_date,
        days.kind,
        days.name,
        days.is_workday,
        hours.opens_1,
        hours.closes_1,
        hours.opens_2,
        hours.closes_2,
        case
            when days.is_workday then hours.closes_1 - hours.opens_1 + hours.closes_2 - hours.opens_2
            else 0
        end as day_micros
    from days
    inner join hours
        on
            days.calendar = hours.calendar
            and month(days.on_date) * 100 + day(days.on_date) between hours.from_day and hours.to_day
)

select
    calendar,
    on_date,
    kind,
    name,
    is_workday,
    cast(sum(cast(is_workday as bigint)) over (partition by calendar order by on_date) as bigint) as ordinal,
    opens_1,
    closes_1,
    opens_2,
    closes_2,
    cast(sum(day_micros) over (partition by calendar order by on_date) as bigint) - day_micros as micros_before
from joined
