/*
title = "审核次序"
why   = "The units of a lane in the order in which their first reviews began, month by month, from 0 in each; moment_no is the first turn of those that began at the very moment, and latest_micros the latest arrival taken up to it in the month. What a month's reviews say of a queue is said once: later ones change nothing of it."
per_key = ["month_no", "lane"]

[key_of]
"core.queue_units" = ["started_month", "lane"]
*/
select
    started_month as month_no,
    lane,
    unit_id,
    started_at,
    arrived_micros,
    row_number() over turns - 1 as turn_no,
    rank() over moments - 1 as moment_no,
    max(arrived_micros) over moments as latest_micros
from core.queue_units
where lane is not null and started_at is not null
-- A window without rows of its own takes in all that began at the moment.
window
    turns as (partition by started_month, lane order by started_at, unit_id),
    moments as (partition by started_month, lane order by started_at)
