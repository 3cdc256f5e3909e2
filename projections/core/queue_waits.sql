/*
title = "等候时段"
why   = "The spans of time in which a unit waited and others could overtake it, of units that anybody overtook: from its arrival to its first review, without what it was away."
*/
with

overtaken as (
    select * from core.queue_waiters
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
)

select
    o.lane,
    o.unit_id,
    o.arrived_micros,
    greatest(o.arrived_at, s.back_at) as waits_from,
    s.waits_until,
    s.is_broken
from overtaken as o
inner join spans as s on o.unit_id = s.unit_id
where greatest(o.arrived_at, s.back_at) < s.waits_until
