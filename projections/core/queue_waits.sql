/*
title = "等候时段"
why   = "The spans of time in which a unit waited and others could overtake it, of units that anybody overtook: from its arrival to its first review, without what it was away; a span that ends with no review known has no end here but the last moment there is."
*/
with

units as (
    select
        lane,
        office,
        unit_id,
        case_nos,
        arrived_at,
        arrived_micros,
        coalesce(started_at, cast('9999-12-31' as timestamp)) as taken_at,
        coalesce(waited_until, cast('9999-12-31' as timestamp)) as waited_until,
        case when started_at is not null then arrived_micros end as taken_micros
    from core.queue_units
    where lane is not null
),

-- Whoever is overtaken is so, at the latest, when it is taken itself.
passed as (
    select
        *,
        max(taken_micros) over (
            partition by lane order by taken_at
            rows between unbounded preceding and current row
        ) as latest_taken
    from units
),

overtaken as (
    select passed.*
    from passed
    cross join params.queue_jump as p
    where
        passed.latest_taken - passed.arrived_micros >= p.gap_minutes * 60000000
        and passed.arrived_at < passed.waited_until
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
