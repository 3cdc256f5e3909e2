/*
title = "排队时刻"
why   = "When each unit was taken and until when it waited, of those that overtook or were overtaken by anybody."
*/
with

units as (
    select
        lane,
        unit_id,
        arrived_micros,
        started_at,
        coalesce(started_at, cast('9999-12-31' as timestamp)) as taken_at,
        coalesce(waited_until, cast('9999-12-31' as timestamp)) as waited_until
    from core.queue_units
    where lane is not null
),

-- Most units neither overtook nor were overtaken: no list need be kept of them. Whoever is overtaken is so, at
-- the latest, when it is taken itself.
passed as (
    select
        *,
        max(case when started_at is not null then arrived_micros end) over (
            partition by lane order by taken_at
            rows between unbounded preceding and current row
        ) as latest_taken
    from units
),

moments as (
    select
        passed.lane,
        passed.unit_id,
        passed.arrived_micros,
        passed.waited_until as happens_at,
        0 as is_start
    from passed
    cross join params.queue_jump as p
    where passed.latest_taken - passed.arrived_micros >= p.gap_minutes * 60000000

    union all

    select
        lane,
        unit_id,
        arrived_micros,
        started_at as happens_at,
        1 as is_start
    from units
    where started_at is not null
),

edges as (
    select
        *,
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
where edges.is_start = 0 or edges.arrived_micros - edges.earliest_waiting >= p.gap_minutes * 60000000
