/*
title = "中断等候者被超越"
why   = "Who overtook a unit that was away in between, each pair, with the overtaker's turn."
per_key = ["month_no", "lane"]

[key_of]
"core.queue_spans" = ["month_no", "lane"]
"core.queue_turns" = ["month_no", "lane"]
*/
with

spans as (
    select
        month_no,
        lane,
        unit_id,
        least_micros,
        unnest(range(first_turn, to_turn)) as turn_no
    from core.queue_spans
    where is_broken
)

select
    s.month_no,
    s.lane,
    s.unit_id as overtaken_id,
    t.unit_id as overtaker_id,
    t.moment_no
from spans as s
inner join core.queue_turns as t on s.month_no = t.month_no and s.lane = t.lane and s.turn_no = t.turn_no
where t.arrived_micros >= s.least_micros
