/*
title = "排队单元"
why   = "What queues: a case, or the cases of one part of a batch together with their earliest times; and its lane, null where that, the earliest time or what belongs together is not known."
per_key = ["unit", "office"]

[key_of]
"core.queue_places" = ["unit", "office"]
*/
with

units as (
    select
        office,
        limit_class,
        unit,
        min(case_no) as case_no,
        list_sort(array_agg(case_no)) as case_nos,
        min(accept_position) as accept_position,
        min(struct_pack(at := arrived_at, number := arrival_position)) as first_arrival,
        min(struct_pack(at := started_at, number := review_position, desk := desk))
            filter (where started_at is not null) as first_review,
        case when count(desk) = count(*) and min(desk) = max(desk) then min(desk) end as common_desk,
        min(arrived_at) as arrived_at,
        min(started_at) as started_at,
        min(left_at) as left_at,
        min(unplaced_on) as unplaced_on,
        bool_or(is_doubtful) as is_doubtful
    from core.queue_places
    group by office, limit_class, unit, span, part_no
),

-- The lane of a batch is that of its first review.
desks as (
    select
        *,
        case when started_at is not null then first_review.desk else common_desk end as desk
    from units
)

select
    -- The row with which it came is of no other unit.
    u.first_arrival.number as unit_id,
    case
        when u.desk is not null and not u.is_doubtful and (u.unplaced_on is null or u.unplaced_on > cast(u.started_at as date))
            then concat_ws('/', u.office, u.limit_class, nullif(u.desk, ''))
    end as lane,
    u.office,
    u.limit_class,
    u.unit,
    u.case_no,
    u.case_nos,
    u.accept_position,
    u.first_arrival.number as arrival_position,
    u.first_review.number as review_position,
    u.arrived_at,
    u.started_at,
    least(u.started_at, u.left_at) as waited_until,
    12 * year(u.arrived_at) + month(u.arrived_at) as arrived_month,
    12 * year(u.started_at) + month(u.started_at) as started_month,
    12 * year(least(u.started_at, u.left_at)) + month(least(u.started_at, u.left_at)) as until_month,
    d.micros_before + case
        when d.is_workday
            then
                greatest(least(epoch_us(u.arrived_at) - epoch_us(d.on_date), d.closes_1) - d.opens_1, 0)
                + greatest(least(epoch_us(u.arrived_at) - epoch_us(d.on_date), d.closes_2) - d.opens_2, 0)
        else 0
    end as arrived_micros
from desks as u
left join reference.offices as o on u.office = o.office
inner join core.workdays as d
    on coalesce(o.calendar, '*') = d.calendar and cast(u.arrived_at as date) = d.on_date
