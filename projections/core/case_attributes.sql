/*
title = "办件属性"
why   = "Attributes may stand on any row of a case: the accept row wins, then the first that is not blank."
per_case = true
*/
with

ranked as (
    select
        *,
        row_number() over (order by cast(step <> 'accept' as integer), occurred_at, order_no, position) as rank_no
    from core.actions
)

select
    office,
    case_no,
    arg_min(registration_type, rank_no) filter (where registration_type is not null) as registration_type,
    arg_min(right_type, rank_no) filter (where right_type is not null) as right_type,
    arg_min(applicant_kind, rank_no) filter (where applicant_kind is not null) as applicant_kind,
    arg_min(channel, rank_no) filter (where channel is not null) as channel,
    arg_min(batch_no, rank_no) filter (where batch_no is not null) as batch_no,
    arg_min(unit_no, rank_no) filter (where unit_no is not null) as unit_no,
    arg_min(promised_at, rank_no) filter (where promised_at is not null) as promised_at,
    min(occurred_at) filter (where step = 'accept') as accepted_at,
    arg_min(precision, rank_no) filter (where step = 'accept') as accepted_precision,
    arg_min(position, rank_no) filter (where step = 'accept') as accept_position,
    min(occurred_at) as first_at,
    -- Whether nothing but issue and filing is known of its first day.
    min(struct_pack(on_date := cast(occurred_at as date), is_late := step in ('issue', 'file'))).is_late as is_begun_late,
    max(occurred_at) as last_at
from ranked
group by office, case_no
