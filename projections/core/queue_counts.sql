/*
title = "被超越次数"
why   = "By how many each unit was overtaken that waited without a break and may be stalled. A span of turns is cut into blocks of 1, 2, 4 … turns, two of a size at most; within a block those that came late enough are counted in order of arrival. So however many they are, no pair is compared."
*/
with

spans as (
    select * from core.queue_spans
    where not is_broken
),

sizes as (
    select
        size_no,
        cast(power(2, size_no) as bigint) as size
    from (select unnest(range(0, 40)) as size_no) as numbers
),

-- Of a size the blocks of the span that no larger one holds.
cut as (
    select
        s.lane,
        s.unit_id,
        s.least_micros,
        z.size_no,
        cast(ceil(s.from_turn / cast(z.size as double)) as bigint) as first_block,
        cast(floor(s.to_turn / cast(z.size as double)) as bigint) as end_block
    from spans as s
    inner join sizes as z on z.size <= s.to_turn - s.from_turn
),

asked as (
    select lane, unit_id, least_micros, size_no, first_block as block_no
    from cut
    where first_block < end_block and first_block % 2 = 1

    union all

    select lane, unit_id, least_micros, size_no, end_block - 1 as block_no
    from cut
    where first_block < end_block and end_block % 2 = 1
),

blocks as (
    select
        a.lane,
        a.size_no,
        a.block_no,
        z.size
    from asked as a
    inner join sizes as z on a.size_no = z.size_no
    group by a.lane, a.size_no, a.block_no, z.size
),

places as (
    select
        lane,
        size_no,
        block_no,
        unnest(range(block_no * size, (block_no + 1) * size)) as turn_no
    from blocks
),

held as (
    select
        p.lane,
        p.size_no,
        p.block_no,
        t.arrived_micros
    from places as p
    inner join core.queue_turns as t on p.lane = t.lane and p.turn_no = t.turn_no
),

together as (
    select lane, size_no, block_no, arrived_micros as micros, null as unit_id, 1 as is_turn from held
    union all
    select lane, size_no, block_no, least_micros as micros, unit_id, 0 as is_turn from asked
),

counted as (
    select
        unit_id,
        sum(is_turn) over (
            partition by lane, size_no, block_no order by micros desc, is_turn desc
            rows between unbounded preceding and current row
        ) as overtakers
    from together
)

select
    unit_id,
    cast(sum(overtakers) as bigint) as overtakers
from counted
where unit_id is not null
group by unit_id
