/*
title = "被超越次数"
why   = "By how many each unit was overtaken that waited without a break and may be stalled. A span of turns is cut into blocks of 1, 2, 4 … turns, two of a size at most; within a block those that came late enough are counted in order of arrival. So however many they are, no pair is compared."
*/
with

spans as (
    select
        *,
        (select max(turn_no) from core.queue_turns) as last_turn
    from core.queue_spans
    where not is_broken
),

sizes as (
    select unnest(range(0, 40)) as size_no
),

-- Of a size the blocks of the span that no larger one holds.
cut as (
    select
        s.lane,
        s.unit_id,
        s.least_micros,
        z.size_no,
        cast(ceil(s.from_turn / cast(power(2, z.size_no) as double)) as bigint) as first_block,
        cast(floor(s.to_turn / cast(power(2, z.size_no) as double)) as bigint) as end_block
    from spans as s
    inner join sizes as z on power(2, z.size_no) <= s.last_turn + 1
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
    select distinct
        lane,
        size_no,
        block_no
    from asked
),

held as (
    select
        t.lane,
        b.size_no,
        b.block_no,
        t.arrived_micros
    from core.queue_turns as t
    cross join sizes as z
    inner join blocks as b
        on
            t.lane = b.lane
            and z.size_no = b.size_no
            and cast(floor(t.turn_no / cast(power(2, z.size_no) as double)) as bigint) = b.block_no
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
