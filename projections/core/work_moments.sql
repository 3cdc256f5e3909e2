/*
title = "操作的工作时刻"
why   = "Of each recorded action whose time is known: the working time of its office's calendar and hours that had passed at its beginning and when it was done, in microseconds. What lies between two moments of an office is one subtraction. Null on a day that the calendar does not have; the beginning null where none is recorded, or a date alone."
view = true
per_case = true
*/
with

acts as (
    select
        s.position,
        s.office,
        s.case_no,
        s.step,
        s.person_id,
        case when s.started_precision = 'time' then s.started_at end as started_at,
        s.occurred_at,
        coalesce(o.calendar, '*') as calendar
    from core.steps as s
    left join reference.offices as o on s.office = o.office
    where s.precision = 'time' and s.evidence = 'recorded'
),

moments as (
    select position, calendar, started_at as at, 'begun' as what
    from acts
    where started_at is not null
    union all
    select position, calendar, occurred_at as at, 'done' as what
    from acts
),

worked as (
    select
        m.position,
        m.what,
        d.micros_before + case
            when d.is_workday
                then
                    greatest(least(epoch_us(m.at) - epoch_us(d.on_date), d.closes_1) - d.opens_1, 0)
                    + greatest(least(epoch_us(m.at) - epoch_us(d.on_date), d.closes_2) - d.opens_2, 0)
            else 0
        end as micros
    from moments as m
    inner join core.workdays as d on m.calendar = d.calendar and cast(m.at as date) = d.on_date
)

select
    a.position,
    a.office,
    a.case_no,
    a.step,
    a.person_id,
    a.started_at,
    a.occurred_at,
    begun.micros as begun_micros,
    done.micros as done_micros
from acts as a
left join worked as begun on a.position = begun.position and begun.what = 'begun'
left join worked as done on a.position = done.position and done.what = 'done'
