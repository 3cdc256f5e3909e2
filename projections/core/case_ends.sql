/*
title = "办结"
why   = "Finish: the first of the last approving booking (or certificate, or issue, where the limit or profile ends there), a refusal, and a withdrawal before booking."
per_case = true
*/
with

acts as (
    select
        s.office,
        s.case_no,
        s.step,
        s.occurred_at,
        s.step = coalesce(l.ends_at, profile.ends_at) as is_end
    from core.steps as s
    cross join reference.profile as profile
    left join core.case_limits as l on s.office = l.office and s.case_no = l.case_no
    where s.step = 'refuse' or (s.step in ('book', 'certify', 'issue') and s.result = 'approve')
),

ends as (
    select
        office,
        case_no,
        max(occurred_at) filter (where step = 'book') as booked_at,
        min(occurred_at) filter (where step = 'book') as first_booked_at,
        min(occurred_at) filter (where step = 'refuse') as refused_at,
        max(occurred_at) filter (where is_end) as ended_at,
        min(step) filter (where is_end) as end_kind
    from acts
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
        ends.ended_at,
        ends.end_kind,
        w.withdrawn_at
    from ends
    full outer join withdrawals as w on ends.office = w.office and ends.case_no = w.case_no
)

select
    office,
    case_no,
    booked_at,
    least(ended_at, refused_at, withdrawn_at) as closed_at,
    case least(ended_at, refused_at, withdrawn_at)
        when ended_at then end_kind
        when refused_at then 'refuse'
        when withdrawn_at then 'withdraw'
    end as close_kind
from joined
