/*
title = "办结"
why   = "Finish: the first of the last approving booking (or certificate, or issue, where the limit or profile ends there), a refusal, and a withdrawal before booking. A refusal or withdrawal that was itself returned finishes nothing; what a booking did whose result nobody knows is open (open_from, open_to)."
per_case = true
*/
with

acts as (
    select
        s.office,
        s.case_no,
        s.step,
        s.occurred_at,
        s.until_at,
        s.is_unsure,
        not s.is_unsure and s.step = coalesce(l.ends_at, profile.ends_at) as is_end,
        s.is_unsure and s.step = coalesce(l.ends_at, profile.ends_at) as is_open
    from core.steps as s
    cross join reference.profile as profile
    left join core.case_limits as l on s.office = l.office and s.case_no = l.case_no
    where
        (s.step in ('book', 'certify', 'issue') and (s.result = 'approve' or s.is_unsure))
        or (s.step = 'refuse' and s.result not in ('return', 'transfer'))
        or (s.step = 'withdraw' and s.result not in ('return', 'reject', 'transfer'))
),

ends as (
    select
        office,
        case_no,
        max(occurred_at) filter (where step = 'book' and not is_unsure) as booked_at,
        min(occurred_at) filter (where step = 'book' and not is_unsure) as first_booked_at,
        min(occurred_at) filter (where is_open) as open_from,
        max(occurred_at) filter (where is_open) as open_to,
        max(struct_pack(at := occurred_at, rank_no := 1, kind := step, until_at := until_at))
            filter (where is_end) as ended,
        min(struct_pack(at := occurred_at, rank_no := 2, kind := step, until_at := until_at))
            filter (where step = 'refuse') as refused
    from acts
    group by office, case_no
),

withdrawals as (
    select
        w.office,
        w.case_no,
        min(struct_pack(at := w.occurred_at, rank_no := 3, kind := w.step, until_at := w.until_at)) as withdrawn
    from acts as w
    inner join ends on w.office = ends.office and w.case_no = ends.case_no
    where
        w.step = 'withdraw'
        and (
            ends.first_booked_at is null
            -- A date on the day of booking does not prove that it was before.
            or w.until_at < case
                when w.until_at > w.occurred_at then cast(ends.first_booked_at as date)
                else ends.first_booked_at
            end
        )
    group by w.office, w.case_no
),

joined as (
    select
        ends.office,
        ends.case_no,
        ends.booked_at,
        ends.open_from,
        ends.open_to,
        least(ends.ended, ends.refused, w.withdrawn) as first
    from ends
    left join withdrawals as w on ends.office = w.office and ends.case_no = w.case_no
)

-- closed_until is the latest moment at which it can have been.
select
    office,
    case_no,
    booked_at,
    first.at as closed_at,
    first.kind as close_kind,
    first.until_at as closed_until,
    open_from,
    open_to
from joined
