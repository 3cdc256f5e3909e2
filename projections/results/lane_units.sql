/*
title = "同一队列中同时等候的单元"
why   = "Whoever waited in a lane ($lane) at some moment between the arrival of the first in question ($first) and the end of the wait ($last) of one unit ($unit, $arrived_micros); those told of ($marked) first, then those that arrived nearest to it, $most at most."
*/
with

near as (
    select
        *,
        cast(floor(($arrived_micros - arrived_micros) / 60000000) as bigint) as lead_minutes,
        list_contains($marked, case_no) or unit = $unit as is_marked
    from main.queue_units
    where
        lane = $lane
        and arrived_at <= $last
        and coalesce(started_at, $last) >= $first
)

select *
from near
order by is_marked desc, abs(lead_minutes), unit
limit $most
