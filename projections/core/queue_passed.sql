/*
title = "等候时被超越的单元"
why   = "By how many each unit that waited without a break was overtaken, counted up to stalled_after: so many may mean that it is stalled."
per_key = ["unit_id"]

[key_of]
"core.queue_passes" = ["unit_id"]
*/
select
    n.unit_id,
    cast(least(sum(n.overtakers), any_value(p.stalled_after)) as bigint) as overtakers
from core.queue_passes as n
cross join params.queue_jump as p
group by n.unit_id
