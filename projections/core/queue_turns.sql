/*
title = "审核次序"
why   = "The units of a lane in the order in which their first reviews began, from 0, each with the latest arrival taken so far."
*/
select
    lane,
    unit_id,
    started_at,
    arrived_micros,
    row_number() over turns - 1 as turn_no,
    max(arrived_micros) over turns as latest_micros
from core.queue_units
where lane is not null and started_at is not null
window turns as (partition by lane order by started_at, unit_id rows between unbounded preceding and current row)
