/*
title = "被超越的单元"
why   = "Each unit that others overtook: by how many (at least stalled_after is not told further), and whether it is stalled: where many overtook it and hardly anybody in that time was taken before it by right. A unit overtaken by some among many that had come before it is not: else ten jumpers would acquit one another."
*/
with

broken as (
    select
        overtaken_id,
        turn_no,
        is_overtaking,
        min(turn_no) filter (where is_overtaking) over (partition by overtaken_id) as first_turn
    from core.queue_breaks
),

-- Units begun while it waited, from the first that overtook it on.
counted as (
    select
        overtaken_id as unit_id,
        count(*) filter (where is_overtaking) as overtakers,
        count(*) as begun
    from broken
    where turn_no >= first_turn
    group by overtaken_id

    union all

    select
        c.unit_id,
        c.overtakers,
        s.to_turn - s.from_turn as begun
    from core.queue_counts as c
    inner join core.queue_spans as s on c.unit_id = s.unit_id

    union all

    select
        n.unit_id,
        n.overtakers,
        null as begun
    from core.queue_passes as n
    cross join params.queue_jump as p
    where n.overtakers < p.stalled_after
)

select
    c.unit_id,
    least(c.overtakers, p.stalled_after) as overtakers,
    coalesce(c.overtakers >= p.stalled_after and 100 * c.overtakers >= p.stalled_percent * c.begun, false) as is_stalled
from counted as c
cross join params.queue_jump as p
