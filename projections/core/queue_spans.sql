/*
title = "等候期间的审核次序"
why   = "Of each span of a unit that may be stalled, or that was away in between, which turns of its lane fall into it, and the first turn by which somebody who came late enough was taken."
*/
with

waits as (
    select
        w.*,
        w.arrived_micros + p.gap_minutes * 60000000 as least_micros
    from core.queue_waits as w
    cross join params.queue_jump as p
    left join core.queue_passes as n on w.unit_id = n.unit_id
    where w.is_broken or n.overtakers >= p.stalled_after
),

turns as (
    select t.*
    from core.queue_turns as t
    semi join waits on t.lane = waits.lane
),

moments as (
    select lane, unit_id, waits_from, waits_from as happens_at, 0 as is_turn, 0 as is_end from waits
    union all
    select lane, unit_id, waits_from, waits_until as happens_at, 0 as is_turn, 1 as is_end from waits
    union all
    select lane, unit_id, null as waits_from, started_at as happens_at, 1 as is_turn, 0 as is_end from turns
),

-- How many turns came before a moment.
placed as (
    select
        *,
        sum(is_turn) over (
            partition by lane order by happens_at, is_turn
            rows between unbounded preceding and current row
        ) as turn_no
    from moments
),

ranges as (
    select
        unit_id,
        waits_from,
        min(turn_no) filter (where is_end = 0) as from_turn,
        min(turn_no) filter (where is_end = 1) as to_turn
    from placed
    where is_turn = 0
    group by unit_id, waits_from
),

arrivals as (
    select lane, unit_id, waits_from, least_micros as micros, 0 as is_turn from waits
    union all
    select lane, unit_id, null as waits_from, latest_micros as micros, 1 as is_turn from turns
),

-- The latest arrival taken so far only grows: how many turns came before it was late enough.
firsts as (
    select
        *,
        sum(is_turn) over (
            partition by lane order by micros, is_turn
            rows between unbounded preceding and current row
        ) as first_turn
    from arrivals
)

select
    w.lane,
    w.unit_id,
    w.least_micros,
    w.is_broken,
    cast(greatest(r.from_turn, f.first_turn) as bigint) as from_turn,
    cast(r.to_turn as bigint) as to_turn
from waits as w
inner join ranges as r on w.unit_id = r.unit_id and w.waits_from = r.waits_from
inner join firsts as f on w.unit_id = f.unit_id and w.waits_from = f.waits_from and f.is_turn = 0
where greatest(r.from_turn, f.first_turn) < r.to_turn
