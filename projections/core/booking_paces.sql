/*
title = "受理至登簿用时"
why   = "Working time and time by the clock from acceptance to booking, as booking_spans has them."
per_case = true
*/
with

moments as (
    select *, begun_at as at, 'begun' as what from core.booking_spans
    union all
    select *, booked_at as at, 'booked' as what from core.booking_spans
),

worked as (
    select
        m.*,
        d.ordinal,
        d.micros_before + case
            when d.is_workday
                then
                    greatest(least(epoch_us(m.at) - epoch_us(d.on_date), d.closes_1) - d.opens_1, 0)
                    + greatest(least(epoch_us(m.at) - epoch_us(d.on_date), d.closes_2) - d.opens_2, 0)
            else 0
        end as micros
    from moments as m
    left join core.workdays as d on m.calendar = d.calendar and cast(m.at as date) = d.on_date
)

select
    office,
    case_no,
    any_value(registration_title) as registration_title,
    any_value(evidence) as evidence,
    any_value(is_accepted) as is_accepted,
    any_value(begun_at) as begun_at,
    any_value(booked_at) as booked_at,
    any_value(has_dates) as has_dates,
    max(ordinal) - min(ordinal) as days_between,
    case when count(micros) = 2 then max(micros) - min(micros) end as worked_micros,
    any_value(epoch_us(booked_at) - epoch_us(begun_at)) as clock_micros
from worked
group by office, case_no
