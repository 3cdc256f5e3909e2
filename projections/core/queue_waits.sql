/*
title = "等候时段"
why   = "The spans of time in which a unit waited and others could overtake it, in each month from the first in which anybody did: from its arrival to its first review, without what it was away."
per_key = ["month_no", "lane"]

[key_of]
"core.queue_turns" = ["month_no", "lane"]
"core.queue_waiters" = """
select unnest(range(month_no, coalesce(until_month, (select max(month_no) from core.queue_turns)) + 1)), lane
from changed
"""
"core.queue_absences" = """
select unnest(range(w.month_no, coalesce(w.until_month, (select max(month_no) from core.queue_turns)) + 1)), w.lane
from changed as c
inner join (select *, unnest(case_nos) as case_no from core.queue_waiters) as w on c.office = w.office and c.case_no = w.case_no
"""
*/
with

months as (
    select distinct
        month_no,
        lane
    from core.queue_turns
),

firsts as (
    select
        unit_id,
        min(month_no) as month_no
    from core.queue_waiters
    group by unit_id
),

overtaken as (
    select w.*
    from core.queue_waiters as w
    inner join firsts as f on w.unit_id = f.unit_id and w.month_no = f.month_no
),

members as (
    select
        unit_id,
        office,
        arrived_at,
        waited_until,
        unnest(case_nos) as case_no
    from overtaken
),

breaks as (
    select
        m.unit_id,
        a.away_from,
        a.away_until
    from core.queue_absences as a
    inner join members as m on a.office = m.office and a.case_no = m.case_no
    where a.away_until > m.arrived_at and a.away_from < m.waited_until
),

-- Each break ends a span; the last ends with the wait.
edges as (
    select unit_id, away_from, away_until from breaks
    union all
    select unit_id, waited_until as away_from, waited_until as away_until from overtaken
),

spans as (
    select
        unit_id,
        away_from as waits_until,
        max(away_until) over (
            partition by unit_id order by away_from, away_until
            rows between unbounded preceding and 1 preceding
        ) as back_at,
        count(*) over (partition by unit_id) > 1 as is_broken
    from edges
),

waited as (
    select
        o.*,
        greatest(o.arrived_at, s.back_at) as waits_from,
        s.waits_until,
        s.is_broken
    from overtaken as o
    inner join spans as s on o.unit_id = s.unit_id
    where greatest(o.arrived_at, s.back_at) < s.waits_until
)

select
    m.month_no, w.lane, w.unit_id, w.accept_position, w.arrived_micros, w.waits_from, w.waits_until, w.is_broken
from waited as w
inner join months as m
    on w.lane = m.lane and m.month_no >= w.month_no
    and m.month_no >= 12 * year(w.waits_from) + month(w.waits_from)
    and m.month_no <= 12 * year(w.waits_until) + month(w.waits_until)
