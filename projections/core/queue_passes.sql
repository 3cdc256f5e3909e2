/*
title = "等候时的超越"
why   = "By how many each unit that waited without a break was overtaken in a month, counted up to stalled_after. Before its turn only the latest-arrived of those already taken matter: so one ordered pass with the latest few in hand is exact, and no pair is compared."
per_key = ["month_no", "lane"]

[key_of]
"core.queue_waits" = ["month_no", "lane"]
"core.queue_turns" = ["month_no", "lane"]
*/
with

waits as (
    select * from core.queue_waits
    where not is_broken
),

moments as (
    select
        month_no,
        lane,
        unit_id,
        arrived_micros,
        waits_until as happens_at,
        0 as is_start
    from waits

    union all

    select
        month_no,
        lane,
        unit_id,
        arrived_micros,
        started_at as happens_at,
        1 as is_start
    from core.queue_turns
),

-- Most units overtake nobody: no list need hold them.
edges as (
    select
        *,
        min(case when is_start = 0 then arrived_micros end) over (
            partition by month_no, lane order by happens_at desc, is_start desc
            rows between unbounded preceding and current row
        ) as earliest_waiting
    from moments
),

-- At equal times the waiting unit comes first: taken at the same moment is not taken before.
passed as (
    select
        edges.month_no,
        edges.lane,
        edges.unit_id,
        edges.is_start,
        edges.arrived_micros,
        max(edges.arrived_micros, (select stalled_after from params.queue_jump)) filter (where edges.is_start = 1) over (
            partition by edges.month_no, edges.lane
            order by edges.happens_at, edges.is_start
            rows between unbounded preceding and current row
        ) as latest
    from edges
    cross join params.queue_jump as p
    where edges.is_start = 0 or edges.arrived_micros - edges.earliest_waiting >= p.gap_minutes * 60000000
),

counted as (
    select
        passed.month_no,
        passed.lane,
        passed.unit_id,
        len(
            list_filter(
                passed.latest, lambda arrived: arrived - passed.arrived_micros >= p.gap_minutes * 60000000
            )
        ) as overtakers
    from passed
    cross join params.queue_jump as p
    where passed.is_start = 0
)

select
    month_no,
    lane,
    unit_id,
    overtakers
from counted
where overtakers > 0
