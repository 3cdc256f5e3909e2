/*
title = "办理时段"
why   = "For each case and day: what was accepted, reviewed or booked outside working hours, and what has no time to tell. Robots have no hours."
per_case = true
*/
with

acts as (
    select
        s.office,
        s.case_no,
        s.step,
        s.position,
        s.precision,
        s.occurred_at,
        cast(s.occurred_at as date) as on_date,
        epoch_us(s.occurred_at) - epoch_us(cast(s.occurred_at as date)) as micros,
        coalesce(o.calendar, '*') as calendar
    from core.steps as s
    left join reference.offices as o on s.office = o.office
    where s.step in ('accept', 'review', 'book') and s.evidence = 'recorded' and not s.is_robot
),

judged as (
    select
        a.*,
        case
            when not d.is_workday then true
            when a.precision = 'time'
                then not (
                    a.micros between d.opens_1 - p.grace_minutes * 60000000 and d.closes_1 + p.grace_minutes * 60000000
                    or (
                        d.closes_2 > d.opens_2
                        and a.micros
                        between d.opens_2 - p.grace_minutes * 60000000 and d.closes_2 + p.grace_minutes * 60000000
                    )
                )
        end as is_off
    from acts as a
    cross join params.off_hours as p
    left join core.workdays as d on a.calendar = d.calendar and a.on_date = d.on_date
)

select
    office,
    case_no,
    on_date,
    count(*) filter (where is_off) as off_acts,
    count(*) filter (where is_off is null) as unknown_acts,
    arg_min(step, struct_pack(at := occurred_at, number := position)) filter (where is_off) as first_step,
    arg_min(precision, struct_pack(at := occurred_at, number := position)) filter (where is_off) as precision,
    min(occurred_at) filter (where is_off) as first_at,
    coalesce(array_agg(position) filter (where is_off), []) as positions
from judged
group by office, case_no, on_date
