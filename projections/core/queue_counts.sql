/*
title = "被超越次数"
why   = "By how many each unit was overtaken in a month that waited without a break and may be stalled. Within each block of its turns those that came late enough are counted in order of arrival. So however many they are, no pair is compared."
per_key = ["month_no", "lane"]

[key_of]
"core.queue_blocks" = ["month_no", "lane"]
"core.queue_turns" = ["month_no", "lane"]
*/
with

asked as (
    select * from core.queue_blocks
),

blocks as (
    select distinct
        month_no,
        lane,
        size,
        block_no
    from asked
),

places as (
    select
        month_no,
        lane,
        size,
        block_no,
        unnest(range(block_no * size, (block_no + 1) * size)) as turn_no
    from blocks
),

held as (
    select
        p.month_no,
        p.lane,
        p.size,
        p.block_no,
        t.arrived_micros
    from places as p
    inner join core.queue_turns as t on p.month_no = t.month_no and p.lane = t.lane and p.turn_no = t.turn_no
),

together as (
    select month_no, lane, size, block_no, arrived_micros as micros, null as unit_id, 1 as is_turn from held
    union all
    select month_no, lane, size, block_no, least_micros as micros, unit_id, 0 as is_turn from asked
),

counted as (
    select
        month_no,
        lane,
        unit_id,
        sum(is_turn) over (
            partition by month_no, lane, size, block_no order by micros desc, is_turn desc
            rows between unbounded preceding and current row
        ) as overtakers
    from together
)

select
    month_no,
    lane,
    unit_id,
    cast(sum(overtakers) as bigint) as overtakers
from counted
where unit_id is not null
group by month_no, lane, unit_id
