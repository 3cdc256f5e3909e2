/*
title = "被超越过的单元"
why   = "Units that anybody overtook, were they away or not, with the end of their wait; where no review is known, the last moment there is."
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
            partition by lane order by taken_at, taken_micros desc
            rows between unbounded preceding and current row
        ) as latest_taken
    from units
)

select
    passed.lane,
    passed.office,
    passed.unit_id,
    passed.case_nos,
    passed.arrived_at,
    passed.arrived_micros,
    passed.waited_until
from passed
cross join params.queue_jump as p
where
    passed.latest_taken - passed.arrived_micros >= p.gap_minutes * 60000000
    and passed.arrived_at < passed.waited_until
