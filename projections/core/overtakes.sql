/*
title = "超越"
why   = "Who overtook whom. Before each unit's turn only the latest-arrived of those already taken matter: if not even they came late enough nobody overtook it, and once stalled_after of them did, it is stalled. So one ordered pass with the latest few in hand is exact, and no pair is compared that is not an answer."
*/
with

-- At equal times the waiting unit comes first: taken at the same moment is not taken before.
passed as (
    select
        unit_id,
        is_start,
        arrived_micros,
        arg_max(unit_id, arrived_micros, (select stalled_after from params.queue_jump)) filter (where is_start = 1) over (
            partition by lane
            order by happens_at, is_start
            rows between unbounded preceding and current row
        ) as latest
    from core.queue_moments
),

candidates as (
    select
        unit_id as overtaken_id,
        arrived_micros,
        unnest(latest) as overtaker_id
    from passed
    where is_start = 0
),

pairs as (
    select
        c.overtaken_id,
        c.overtaker_id,
        a.accept_position as overtaken_position,
        b.arrived_micros - c.arrived_micros as lead_micros
    from candidates as c
    cross join params.queue_jump as p
    inner join core.queue_units as b on c.overtaker_id = b.unit_id
    inner join core.queue_units as a on c.overtaken_id = a.unit_id
    where b.arrived_micros - c.arrived_micros >= p.gap_minutes * 60000000
)

select
    overtaken_id,
    overtaker_id,
    overtaken_position,
    lead_micros,
    count(*) over (partition by overtaken_id) >= (select stalled_after from params.queue_jump) as is_stalled
from pairs
