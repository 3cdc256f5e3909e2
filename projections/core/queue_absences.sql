/*
title = "离队"
why   = "When a case was paused, returned or closed, and so nobody overtook it; without an end it left for good. A day of which the hour is not known counts whole."
per_case = true
*/
with

arrivals as (
    select * from core.queue_arrivals
)

select
    a.office,
    a.case_no,
    p.paused_at as away_from,
    p.resumed_until as away_until
from arrivals as a
inner join core.pauses as p on a.office = p.office and a.case_no = p.case_no
-- A pause before it came anew, too: the rest of its batch was there, and did not wait either.

union all

select
    a.office,
    a.case_no,
    s.occurred_at as away_from,
    null as away_until
from arrivals as a
inner join core.steps as s on a.office = s.office and a.case_no = s.case_no
where
    s.step = 'return'
    -- Of one moment, or a day, it is not known which came first: who may have left is overtaken by nobody.
    and s.until_at >= a.arrived_at

union all

select
    e.office,
    e.case_no,
    least(e.closed_at, e.booked_at) as away_from,
    null as away_until
from core.case_ends as e
inner join arrivals as a on e.office = a.office and e.case_no = a.case_no
where least(e.closed_at, e.booked_at) is not null
