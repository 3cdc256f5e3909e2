/*
title = "等候期间的审核次序"
why   = "Of each span of a unit that may be stalled, or that was away in between, which turns of its lane fall into it in a month, and the first turn by which somebody who came late enough was taken."
per_key = ["month_no", "lane"]

[key_of]
"core.queue_waits" = ["month_no", "lane"]
"core.queue_turns" = ["month_no", "lane"]
"core.queue_passed" = "select w.month_no, w.lane from changed as c inner join core.queue_waits as w on c.unit_id = w.unit_id"
*/
with

waits as (
    select
        w.*,
        w.arrived_micros + p.gap_minutes * 60000000 as least_micros
    from core.queue_waits as w
    cross join params.queue_jump as p
    left join core.queue_passed as n on w.unit_id = n.unit_id
    where w.is_broken or n.overtakers >= p.stalled_after
),

turns as (
    select t.*
    from core.queue_turns as t
    semi join waits on t.month_no = waits.month_no and t.lane = waits.lane
),

moments as (
    select month_no, lane, unit_id, waits_from, waits_from as happens_at, 0 as is_turn, 0 as is_end from waits
    union all
    select month_no, lane, unit_id, waits_from, waits_until as happens_at, 0 as is_turn, 1 as is_end from waits
    union all
    select month_no, lane, unit_id, null as waits_from, started_at as happens_at, 1 as is_turn, 0 as is_end from turns
),

-- How many turns came before a moment.
placed as (
    select
        *,
        sum(is_turn) over (
            partition by month_no, lane order by happens_at, is_turn
            rows between unbounded preceding and current row
        ) as turn_no
    from moments
),

ranges as (
    select
        month_no,
        unit_id,
        waits_from,
        cast(min(turn_no) filter (where is_end = 0) as bigint) as from_turn,
        cast(min(turn_no) filter (where is_end = 1) as bigint) as to_turn
    from placed
    where is_turn = 0
    group by month_no, unit_id, waits_from
),

arrivals as (
    select month_no, lane, unit_id, waits_from, least_micros as micros, 0 as is_turn from waits
    union all
    select month_no, lane, unit_id, null as waits_from, latest_micros as micros, 1 as is_turn from turns
),

-- The latest arrival taken so far only grows: how many turns came before it was late enough.
firsts as (
    select
        *,
        sum(is_turn) over (
            partition by month_no, lane order by micros, is_turn
            rows between unbounded preceding and current row
        ) as first_turn
    from arrivals
)

select
    w.month_no, w.lane, w.unit_id, w.least_micros, w.is_broken,
    r.from_turn, cast(greatest(r.from_turn, f.first_turn) as bigint) as first_turn, r.to_turn
from waits as w
inner join ranges as r on w.unit_id = r.unit_id and w.waits_from = r.waits_from and w.month_no = r.month_no
inner join firsts as f
    on w.unit_id = f.unit_id and w.waits_from = f.waits_from and w.month_no = f.month_no and f.is_turn = 0
where r.from_turn < r.to_turn
