/*
title = "受理至登簿用时"
why   = "Working time and time by the clock from acceptance to booking, without seizures, cancellations and what robots handled."
per_case = true
*/
with

robots as (
    select distinct
        office,
        case_no
    from core.steps
    where is_robot and step in ('accept', 'review', 'book')
),

dates as (
    select
        office,
        case_no,
        bool_or(precision = 'date') as has_dates
    from core.steps
    where step = 'accept' or (step = 'book' and result = 'approve')
    group by office, case_no
),

cases as (
    select
        c.office,
        c.case_no,
        c.registration_title,
        c.accept_position,
        c.accepted_at,
        c.booked_at,
        dates.has_dates,
        coalesce(o.calendar, '*') as calendar
    from core.cases as c
    inner join dates on c.office = dates.office and c.case_no = dates.case_no
    left join robots on c.office = robots.office and c.case_no = robots.case_no
    left join reference.offices as o on c.office = o.office
    where
        c.booked_at >= case when dates.has_dates then cast(c.accepted_at as date) else c.accepted_at end
        and robots.office is null
        and (c.registration_type is null or c.registration_type not in ('400', '800'))
),

moments as (
    select *, accepted_at as at, 'accepted' as what from cases
    union all
    select *, booked_at as at, 'booked' as what from cases
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
    any_value(accept_position) as accept_position,
    any_value(accepted_at) as accepted_at,
    any_value(booked_at) as booked_at,
    any_value(has_dates) as has_dates,
    max(ordinal) - min(ordinal) as days_between,
    case when count(micros) = 2 then max(micros) - min(micros) end as worked_micros,
    any_value(epoch_us(booked_at) - epoch_us(accepted_at)) as clock_micros
from worked
group by office, case_no
