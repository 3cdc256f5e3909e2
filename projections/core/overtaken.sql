/*
title = "被超越的单元"
why   = "Each unit that others overtook: by how many (at least stalled_after is not told further), and whether it is stalled: where many overtook it and hardly anybody in that time was taken before it by right. A unit overtaken by some among many that had come before it is not: else ten jumpers would acquit one another."
per_key = ["unit_id"]

[key_of]
"core.queue_passed" = ["unit_id"]
"core.queue_counts" = ["unit_id"]
"core.queue_breaks" = ["overtaken_id"]
"core.queue_spans" = ["unit_id"]
*/
with

totals as (
    select unit_id, cast(sum(overtakers) as bigint) as overtakers
    from core.queue_counts
    group by unit_id

    union all

    select overtaken_id as unit_id, count(*) as overtakers
    from core.queue_breaks
    group by overtaken_id
),

firsts as (
    select unit_id, min(struct_pack(month_no := month_no, turn_no := first_turn)) as turn
    from core.queue_spans
    where not is_broken and first_turn < to_turn
    group by unit_id

    union all

    select overtaken_id as unit_id, min(struct_pack(month_no := month_no, turn_no := moment_no)) as turn
    from core.queue_breaks
    group by overtaken_id
),

-- Units begun while it waited, from the first that overtook it on.
begun as (
    select
        s.unit_id,
        sum(
            case
                when s.month_no > f.turn.month_no then s.to_turn - s.from_turn
                else greatest(s.to_turn - greatest(s.from_turn, f.turn.turn_no), 0)
            end
        ) as units
    from core.queue_spans as s
    inner join firsts as f on s.unit_id = f.unit_id
    where s.month_no >= f.turn.month_no
    group by s.unit_id
),

counted as (
    select
        t.unit_id,
        t.overtakers,
        b.units as begun
    from totals as t
    inner join begun as b on t.unit_id = b.unit_id

    union all

    select
        n.unit_id,
        n.overtakers,
        null as begun
    from core.queue_passed as n
    cross join params.queue_jump as p
    where n.overtakers < p.stalled_after
)

select
    c.unit_id,
    least(c.overtakers, p.stalled_after) as overtakers,
    coalesce(c.overtakers >= p.stalled_after and 100 * c.overtakers >= p.stalled_percent * c.begun, false) as is_stalled
from counted as c
cross join params.queue_jump as p
