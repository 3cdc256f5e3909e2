/*
title = "批次中的办件"
why   = "Each case of a batch: by whom and when it was accepted, and when its first review began, where its place in the queue is known."
per_case = true
*/
select
    c.office,
    c.case_no,
    c.limit_class,
    c.batch_no,
    case when s.is_robot then 'robot:' || s.account else s.person_id end as acceptor_id,
    c.accepted_at,
    d.ordinal,
    a.arrived_at is not null as is_placed,
    a.started_at
from core.cases as c
inner join core.steps as s on c.accept_position = s.position
left join reference.offices as o on c.office = o.office
inner join core.workdays as d
    on coalesce(o.calendar, '*') = d.calendar and cast(c.accepted_at as date) = d.on_date
left join core.queue_arrivals as a on c.office = a.office and c.case_no = a.case_no
where c.batch_no is not null and c.limit_class is not null
