/*
title = "排队单元"
why   = "What queues: a case, or the cases of one batch together with their earliest times; and its lane."
per_key = ["office", "unit"]

[key_of]
"core.cases" = ["office", "coalesce('batch:' || batch_no, 'case:' || case_no)"]
*/
with

cases as (
    select
        a.office,
        a.case_no,
        c.limit_class,
        case when profile.dispatch = 'assigned' then coalesce(a.reviewer_id, '') else '' end as desk,
        coalesce('batch:' || c.batch_no, 'case:' || a.case_no) as unit,
        c.accept_position,
        a.arrived_at,
        a.started_at,
        a.review_position,
        a.position,
        l.left_at
    from core.queue_arrivals as a
    cross join reference.profile as profile
    inner join core.cases as c on a.office = c.office and a.case_no = c.case_no
    left join core.queue_leaves as l on a.office = l.office and a.case_no = l.case_no
    where c.limit_class is not null
),

units as (
    select
        office,
        limit_class,
        desk,
        unit,
        min(case_no) as case_no,
        array_agg(case_no) as case_nos,
        min(position) as unit_id,
        min(accept_position) as accept_position,
        min(review_position) as review_position,
        min(arrived_at) as arrived_at,
        min(started_at) as started_at,
        min(left_at) as left_at
    from cases
    group by office, limit_class, desk, unit
)

select
    u.unit_id,
    u.office || '/' || u.limit_class || case when u.desk = '' then '' else '/' || u.desk end as lane,
    u.office,
    u.unit,
    u.case_no,
    u.case_nos,
    u.accept_position,
    u.review_position,
    u.arrived_at,
    u.started_at,
    least(u.started_at, u.left_at) as waited_until,
    d.micros_before + case
        when d.is_workday
            then
                greatest(least(epoch_us(u.arrived_at) - epoch_us(d.on_date), d.closes_1) - d.opens_1, 0)
                + greatest(least(epoch_us(u.arrived_at) - epoch_us(d.on_date), d.closes_2) - d.opens_2, 0)
        else 0
    end as arrived_micros
from units as u
left join reference.offices as o on u.office = o.office
inner join core.workdays as d
    on coalesce(o.calendar, '*') = d.calendar and cast(u.arrived_at as date) = d.on_date
