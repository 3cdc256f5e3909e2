/*
title = "超越的时刻"
why   = "The moments at which a unit is taken, and at which one stops waiting, of the few units that overtook another or that another overtook."
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
    where started_at is not null

    union all

    select
        lane,
        unit_id,
        arrived_micros,
        coalesce(waited_until, cast('9999-12-31' as timestamp)) as happens_at,
        0 as is_start
    from core.queue_units
),

-- At equal times the waiting unit comes first: taken at the same moment is not taken before.
bounds as (
    select
        *,
        max(arrived_micros) filter (where is_start = 1) over (
            partition by lane
            order by happens_at, is_start
            rows between unbounded preceding and current row
        ) as latest_taken,
        min(arrived_micros) filter (where is_start = 0) over (
            partition by lane
            order by happens_at, is_start
            rows between current row and unbounded following
        ) as earliest_waiting
    from moments
)

select
    bounds.lane,
    bounds.unit_id,
    bounds.arrived_micros,
    bounds.happens_at,
    bounds.is_start
from bounds
cross join params.queue_jump as p
where
    case
        when bounds.is_start = 1 then bounds.arrived_micros - bounds.earliest_waiting
        else bounds.latest_taken - bounds.arrived_micros
    end >= p.gap_minutes * 60000000
