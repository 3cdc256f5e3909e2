/*
title = "中断等候者被超越"
why   = "Who overtook a unit that was away in between, each pair, with all that began a review while it waited."
*/
with

spans as (
    select
        lane,
        unit_id,
        least_micros,
        unnest(range(from_turn, to_turn)) as turn_no
    from core.queue_spans
    where is_broken
)

select
    s.unit_id as overtaken_id,
    t.unit_id as overtaker_id,
    t.turn_no,
    t.arrived_micros >= s.least_micros as is_overtaking
from spans as s
inner join core.queue_turns as t on s.lane = t.lane and s.turn_no = t.turn_no
