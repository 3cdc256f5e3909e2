/*
title = "办件时限"
why   = "The first entry of the profile that matches the case and was in force when it was accepted; of several businesses under one number the longer."
per_case = true
*/
with

businesses as (
    select
        b.office,
        b.case_no,
        b.registration_type,
        b.right_type,
        a.applicant_kind,
        a.channel,
        cast(a.accepted_at as date) as accepted_on
    from core.case_businesses as b
    inner join core.case_attributes as a on b.office = a.office and b.case_no = a.case_no
    where a.accepted_at is not null
),

limits as (
    select * from reference.limits
    where of = 'case'
),

matching as (
    select
        b.office,
        b.case_no,
        min(limits.entry_no) as entry_no
    from businesses as b
    inner join limits
        on
            (limits.valid_from is null or b.accepted_on >= limits.valid_from)
            and (limits.valid_to is null or b.accepted_on <= limits.valid_to)
            and (limits.offices is null or list_contains(limits.offices, b.office))
            and (limits.registration_types is null or list_contains(limits.registration_types, b.registration_type))
            and (limits.right_types is null or list_contains(limits.right_types, b.right_type))
            and (limits.applicant_kinds is null or list_contains(limits.applicant_kinds, b.applicant_kind))
            and (limits.channels is null or list_contains(limits.channels, b.channel))
    group by b.office, b.case_no, b.registration_type, b.right_type
),

longest as (
    select
        m.office,
        m.case_no,
        arg_min(m.entry_no, 1000000 * (1000000 - limits.days) + m.entry_no) as entry_no
    from matching as m
    inner join limits on m.entry_no = limits.entry_no
    group by m.office, m.case_no
)

select
    longest.office,
    longest.case_no,
    limits.limit_class,
    limits.title as limit_title,
    limits.days as limit_days,
    limits.aim_days,
    limits.ends_at,
    limits.basis as limit_basis
from longest
inner join limits on longest.entry_no = limits.entry_no
