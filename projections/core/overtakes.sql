/*
title = "超越"
why   = "Who overtook whom of those that are not stalled, of each overtaker the critical_overtaken pairs with who waited longest. After a unit's turn only the earliest-arrived of those that still wait matter: so one ordered pass backwards with the earliest few in hand is exact, and no pair is compared that is not an answer."
*/
with

moments as (
    select
        w.lane,
        w.unit_id,
        w.arrived_micros,
        w.waits_until as happens_at,
        0 as is_start
    from core.queue_waits as w
    inner join core.overtaken as o on w.unit_id = o.unit_id
    where not w.is_broken and not o.is_stalled

    union all

    select
        lane,
        unit_id,
        arrived_micros,
        started_at as happens_at,
        1 as is_start
    from core.queue_turns
),

edges as (
    select
        *,
        min(case when is_start = 0 then arrived_micros end) over (
            partition by lane order by happens_at desc, is_start desc
            rows between unbounded preceding and current row
        ) as earliest_waiting
    from moments
),

passed as (
    select
        edges.unit_id,
        edges.is_start,
        edges.arrived_micros,
        arg_min(
            edges.unit_id,
            struct_pack(at := edges.arrived_micros, number := edges.unit_id),
            (select critical_overtaken from params.queue_jump)
        )
            filter (where edges.is_start = 0) over (
                partition by edges.lane
                order by edges.happens_at desc, edges.is_start desc
                rows between unbounded preceding and current row
            ) as waiting
    from edges
    cross join params.queue_jump as p
    where edges.is_start = 0 or edges.arrived_micros - edges.earliest_waiting >= p.gap_minutes * 60000000
),

candidates as (
    select
        unit_id as overtaker_id,
        unnest(waiting) as overtaken_id
    from passed
    where is_start = 1

    union all

    select
        b.overtaker_id,
        b.overtaken_id
    from core.queue_breaks as b
    inner join core.overtaken as o on b.overtaken_id = o.unit_id
    where b.is_overtaking and not o.is_stalled
)

select
    c.overtaken_id,
    c.overtaker_id,
    a.accept_position as overtaken_position,
    b.arrived_micros - a.arrived_micros as lead_micros
from candidates as c
cross join params.queue_jump as p
inner join core.queue_units as b on c.overtaker_id = b.unit_id
inner join core.queue_units as a on c.overtaken_id = a.unit_id
where b.arrived_micros - a.arrived_micros >= p.gap_minutes * 60000000
