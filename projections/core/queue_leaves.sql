/*
title = "离队"
why   = "The first moment after its arrival at which a waiting case was paused, returned or closed: from then on nobody overtakes it."
per_case = true
*/
with

arrivals as (
    select * from core.queue_arrivals
),

leaves as (
    select
        a.office,
        a.case_no,
        p.paused_at as left_at
    from arrivals as a
    inner join core.pauses as p on a.office = p.office and a.case_no = p.case_no
    where p.resumed_at is null or p.resumed_at > a.arrived_at

    union all

    select
        a.office,
        a.case_no,
        s.occurred_at as left_at
    from arrivals as a
    inner join core.steps as s on a.office = s.office and a.case_no = s.case_no
    where
        s.step = 'return'
        -- Of one moment, or a day, it is not known which came first: who may have left is overtaken by nobody.
        and s.until_at >= a.arrived_at

    union all

    select
        office,
        case_no,
        least(closed_at, booked_at) as left_at
    from core.case_ends
)

select
    office,
    case_no,
    min(left_at) as left_at
from leaves
group by office, case_no
