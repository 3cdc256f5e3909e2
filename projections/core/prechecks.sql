/*
title = "网上预审"
why   = "Each submission for itself, with the next precheck. A date stands for its whole day: earliest and latest moment."
per_case = true
*/
with

acts as (
    select
        office,
        case_no,
        step,
        position,
        precision,
        occurred_at,
        until_at as latest_at
    from core.steps
    where
        step in ('precheck_submit', 'precheck')
        or (step = 'withdraw' and result not in ('return', 'reject', 'transfer'))
),

-- An applicant who withdraws waits no longer.
answers as (
    select
        s.position,
        arg_min(a.position, struct_pack(at := a.occurred_at, number := a.position)) as answer_position,
        min(a.occurred_at) as answered_at,
        min(a.latest_at) as answered_latest_at
    from acts as s
    inner join acts as a on s.office = a.office and s.case_no = a.case_no and a.latest_at >= s.occurred_at
    where s.step = 'precheck_submit' and a.step in ('precheck', 'withdraw')
    group by s.position
),

limits as (
    select
        s.position,
        min(l.entry_no) as entry_no
    from acts as s
    inner join core.case_attributes as c on s.office = c.office and s.case_no = c.case_no
    inner join reference.limits as l
        on
            l.of = 'precheck'
            and (l.valid_from is null or cast(s.occurred_at as date) >= l.valid_from)
            and (l.valid_to is null or cast(s.occurred_at as date) <= l.valid_to)
            and (l.offices is null or list_contains(l.offices, s.office))
            and (l.registration_types is null or list_contains(l.registration_types, c.registration_type))
            and (l.right_types is null or list_contains(l.right_types, c.right_type))
            and (l.applicant_kinds is null or list_contains(l.applicant_kinds, c.applicant_kind))
            and (l.channels is null or list_contains(l.channels, c.channel))
    where s.step = 'precheck_submit'
    group by s.position
)

select
    s.position,
    s.office,
    s.case_no,
    s.precision,
    s.occurred_at as submitted_at,
    s.latest_at as submitted_latest_at,
    a.answer_position,
    a.answered_at,
    a.answered_latest_at,
    coalesce(l.hours, p.hours) as limit_hours,
    l.basis as limit_basis
from acts as s
cross join params.precheck_overdue as p
left join answers as a on s.position = a.position
left join limits on s.position = limits.position
left join reference.limits as l on limits.entry_no = l.entry_no
where s.step = 'precheck_submit'
