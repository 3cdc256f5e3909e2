/*
title = "办结"
why   = "Finish: the first of the last approving booking, a refusal, and a withdrawal before booking."
per_case = true
*/
with

ends as (
    select
        office,
        case_no,
        max(occurred_at) filter (where step = 'book') as booked_at,
        min(occurred_at) filter (where step = 'book') as first_booked_at,
        min(occurred_at) filter (where step = 'refuse') as refused_at
    from core.steps
    where step = 'refuse' or (step = 'book' and result = 'approve')
    group by office, case_no
),

withdrawals as (
    select
        w.office,
        w.case_no,
        min(w.occurred_at) as withdrawn_at
    from core.steps as w
    left join ends on w.office = ends.office and w.case_no = ends.case_no
    where
        w.step = 'withdraw'
        and (
            ends.first_booked_at is null
            -- A date on the day of booking does not prove that it was before.
            or w.occurred_at < case
                when w.precision = 'date' then cast(ends.first_booked_at as date)
                else ends.first_booked_at
            end
        )
    group by w.office, w.case_no
),

joined as (
    select
        coalesce(ends.office, w.office) as office,
        coalesce(ends.case_no, w.case_no) as case_no,
        ends.booked_at,
        ends.refused_at,
        w.withdrawn_at
    from ends
    full outer join withdrawals as w on ends.office = w.office and ends.case_no = w.case_no
)

select
    office,
    case_no,
    booked_at,
    least(booked_at, refused_at, withdrawn_at) as closed_at,
    case least(booked_at, refused_at, withdrawn_at)
        when booked_at then 'book'
        when refused_at then 'refuse'
        else 'withdraw'
    end as close_kind
from joined
