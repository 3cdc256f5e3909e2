/*
title = "排队时刻"
why   = "When each unit was taken and until when it waited, of those that overtook or were overtaken by anybody."
*/
with

moments as (
    select
        lane,
        unit_id,
        arrived_micros,
        started_at as happens_at,
        1 as is_start
    from core.queue_units
    where lane is not null and started_at is not null

    union all

    select
        lane,
        unit_id,
        arrived_micros,
        coalesce(waited_until, cast('9999-12-31' as timestamp)) as happens_at,
        0 as is_start
    from core.queue_units
    where lane is not null
),

-- Most units neither overtook nor were overtaken: no list need be kept of them.
edges as (
    select
        *,
        max(case when is_start = 1 then arrived_micros end) over (
            partition by lane order by happens_at, is_start
            rows between unbounded preceding and current row
        ) as latest_taken,
        min(case when is_start = 0 then arrived_micros end) over (
            partition by lane order by happens_at desc, is_start desc
            rows between unbounded preceding and current row
        ) as earliest_waiting
    from moments
)

select
    edges.lane,
    edges.unit_id,
    edges.arrived_micros,
    edges.happens_at,
    edges.is_start
from edges
cross join params.queue_jump as p
where
    case
        when is_start = 1 then arrived_micros - earliest_waiting
        else latest_taken - arrived_micros
    end >= p.gap_minutes * 60000000
