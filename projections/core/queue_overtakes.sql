/*
title = "插队明细"
why   = "The pairs behind each jump, for people to read: every case of the unit that jumped, against each unit overtaken."
*/
select
    b.lane,
    b.office,
    'review' as step,
    unnest(b.case_nos) as case_no,
    a.case_no as overtaken_case_no,
    cast(floor(o.lead_micros / 60000000) as bigint) as lead_minutes,
    jumps.is_explained as explained,
    b.arrived_at,
    b.started_at,
    a.arrived_at as overtaken_arrived_at,
    a.started_at as overtaken_started_at
from core.overtakes as o
inner join core.queue_jumps as jumps on o.overtaker_id = jumps.unit_id
inner join core.queue_units as b on o.overtaker_id = b.unit_id
inner join core.queue_units as a on o.overtaken_id = a.unit_id
