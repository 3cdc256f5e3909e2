/*
title = "等候期间的次序段"
why   = "The turns of each span of a unit that may be stalled, from the first that overtook it in the month on, cut into blocks of 1, 2, 4 … turns, two of a size at most; a block of a size is the same block for all."
per_key = ["month_no", "lane"]

[key_of]
"core.queue_spans" = ["month_no", "lane"]
*/
with

spans as (
    select * from core.queue_spans
    where not is_broken and first_turn < to_turn
),

sizes as (
    select cast(power(2, n) as bigint) as size
    from (select unnest(range(0, 40)) as n) as numbers
),

-- Of a size the blocks of the span that no larger one holds.
cut as (
    select
        s.month_no,
        s.lane,
        s.unit_id,
        s.least_micros,
        z.size,
        cast(ceil(s.first_turn / cast(z.size as double)) as bigint) as first_block,
        cast(floor(s.to_turn / cast(z.size as double)) as bigint) as end_block
    from spans as s
    inner join sizes as z on z.size <= s.to_turn - s.first_turn
),

odd as (
    select month_no, lane, unit_id, least_micros, size, first_block as block_no
    from cut
    where first_block < end_block and first_block % 2 = 1

    union all

    select month_no, lane, unit_id, least_micros, size, end_block - 1 as block_no
    from cut
    where first_block < end_block and end_block % 2 = 1
)

select
    month_no,
    lane,
    unit_id,
    least_micros,
    size,
    block_no
from odd
