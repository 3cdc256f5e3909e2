/*
title = "办结"
why   = "Finish: the first of the last approving booking (or certificate, or issue, where the limit or profile ends there), a refusal, and a withdrawal before booking. A refusal or withdrawal that was itself returned finishes nothing."
per_case = true
*/
with

acts as (
    select
        s.office,
        s.case_no,
        s.step,
        s.occurred_at,
        s.precision,
        s.step = coalesce(l.ends_at, profile.ends_at) as is_end
    from core.steps as s
    cross join reference.profile as profile
    left join core.case_limits as l on s.office = l.office and s.case_no = l.case_no
    where
        (s.step = 'refuse' and s.result not in ('return', 'transfer'))
        or (s.step in ('book', 'certify', 'issue') and s.result = 'approve')
),

ends as (
    select
        office,
        case_no,
        max(occurred_at) filter (where step = 'book') as booked_at,
        min(occurred_at) filter (where step = 'book') as first_booked_at,
        min(occurred_at) filter (where step = 'refuse') as refused_at,
        max(occurred_at) filter (where is_end) as ended_at,
        arg_min(precision, occurred_at) filter (where step = 'refuse') as refused_precision,
        arg_max(precision, occurred_at) filter (where is_end) as ended_precision,
        min(step) filter (where is_end) as end_kind
    from acts
    group by office, case_no
),

withdrawals as (
    select
        w.office,
        w.case_no,
        min(w.occurred_at) as withdrawn_at,
        arg_min(w.precision, w.occurred_at) as withdrawn_precision
    from core.steps as w
    left join ends on w.office = ends.office and w.case_no = ends.case_no
    where
        w.step = 'withdraw'
        and w.result not in ('return', 'reject', 'transfer')
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
        w.withdrawn_at,
        least(ends.ended_at, ends.refused_at, w.withdrawn_at) as closed_at,
        ends.ended_precision,
        ends.refused_precision,
        w.withdrawn_precision
    from ends
    full outer join withdrawals as w on ends.office = w.office and ends.case_no = w.case_no
)

select
    office,
    case_no,
    booked_at,
    closed_at,
    case closed_at
        when ended_at then end_kind
        when refused_at then 'refuse'
        when withdrawn_at then 'withdraw'
    end as close_kind,
    -- The latest moment at which it can have been.
    case
        when
            case closed_at
                when ended_at then ended_precision
                when refused_at then refused_precision
                else withdrawn_precision
            end = 'date'
            then cast(closed_at as date) + interval 1 day - interval 1 microsecond
        else closed_at
    end as closed_until
from joined
