/*
title = "办件属性"
why   = "Attributes may stand on any row of a case: the accept row wins, then the first that is not blank. What a later export added to a row stands on that row."
per_case = true
*/
with

added as (
    select
        first_position,
        arg_min(subtype, position) filter (where subtype is not null) as subtype,
        arg_min(matter, position) filter (where matter is not null) as matter
    from core.extended_steps
    group by first_position
),

ranked as (
    select
        a.* replace (coalesce(a.subtype, x.subtype) as subtype, coalesce(a.matter, x.matter) as matter),
        struct_pack(
            is_other := a.step <> 'accept', at := a.occurred_at, has_no_number := a.order_no is null, number := a.order_no,
            position := a.position
        ) as rank
    from core.actions as a
    left join added as x on a.position = x.first_position
)

select
    office,
    case_no,
    arg_min(registration_type, rank) filter (where registration_type is not null) as registration_type,
    arg_min(right_type, rank) filter (where right_type is not null) as right_type,
    arg_min(applicant_kind, rank) filter (where applicant_kind is not null) as applicant_kind,
    arg_min(channel, rank) filter (where channel is not null) as channel,
    arg_min(batch_no, rank) filter (where batch_no is not null) as batch_no,
    arg_min(unit_no, rank) filter (where unit_no is not null) as unit_no,
    arg_min(promised_at, rank) filter (where promised_at is not null) as promised_at,
    arg_min(subtype, rank) filter (where subtype is not null) as subtype,
    arg_min(matter, rank) filter (where matter is not null) as matter,
    min(occurred_at) filter (where step = 'accept') as accepted_at,
    arg_min(precision, rank) filter (where step = 'accept') as accepted_precision,
    arg_min(position, rank) filter (where step = 'accept') as accept_position,
    min(occurred_at) as first_at,
    -- Whether nothing but issue and filing is known of its first day.
    min(struct_pack(on_date := cast(occurred_at as date), is_late := step in ('issue', 'file'))).is_late as is_begun_late,
    max(occurred_at) as last_at
from ranked
group by office, case_no
