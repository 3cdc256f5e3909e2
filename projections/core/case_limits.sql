/*
title = "办件时限"
why   = "The first entry of the profile that matches the case and was in force when it was accepted."
per_case = true
*/
with

cases as (
    select * from core.case_attributes
),

limits as (
    select * from reference.limits
),

matching as (
    select
        cases.office,
        cases.case_no,
        min(limits.entry_no) as entry_no
    from cases
    inner join limits
        on
            (limits.valid_from is null or cast(cases.accepted_at as date) >= limits.valid_from)
            and (limits.valid_to is null or cast(cases.accepted_at as date) <= limits.valid_to)
            and (limits.registration_types is null or list_contains(limits.registration_types, cases.registration_type))
            and (limits.right_types is null or list_contains(limits.right_types, cases.right_type))
            and (limits.applicant_kinds is null or list_contains(limits.applicant_kinds, cases.applicant_kind))
            and (limits.channels is null or list_contains(limits.channels, cases.channel))
    where cases.accepted_at is not null
    group by cases.office, cases.case_no
)

select
    matching.office,
    matching.case_no,
    limits.limit_class,
    limits.title as limit_title,
    limits.days as limit_days,
    limits.basis as limit_basis
from matching
inner join limits on matching.entry_no = limits.entry_no
