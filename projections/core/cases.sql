/*
title = "办件"
why   = "One row a case: attributes, limit, clock, state."
per_case = true
*/
with

attributes as (
    select * from core.case_attributes
),

open_pauses as (
    select
        office,
        case_no,
        bool_or(is_lawful) as is_lawful
    from core.pauses
    where resumed_at is null and not is_after_finish
    group by office, case_no
)

select
    a.office,
    a.case_no,
    a.registration_type,
    types.title as registration_title,
    a.right_type,
    a.applicant_kind,
    a.channel,
    a.batch_no,
    a.unit_no,
    a.subtype,
    a.matter,
    l.limit_class,
    c.limit_days,
    c.statutory_days,
    case when c.limited_by = 'platform' then '平台承诺时间' else l.limit_basis end as limit_basis,
    a.accepted_at,
    a.accepted_precision,
    e.booked_at,
    e.closed_at,
    e.close_kind,
    case
        when e.closed_at is not null then 'closed'
        when p.office is not null then 'paused'
        else 'open'
    end as state,
    c.due_on,
    c.statutory_due_on,
    case
        when c.limited_by is null then 'none'
        when c.due_on is not null then 'fixed'
        when p.is_lawful and c.due_ordinal >= 1000000 then 'paused'
        else 'provisional'
    end as due_state,
    c.used_days,
    c.paused_days,
    c.limit_days - c.used_days as remaining_days,
    c.started_on as clock_started_on,
    c.aim_on,
    c.limited_by,
    a.accept_position,
    a.first_at,
    a.last_at
from attributes as a
left join core.case_ends as e on a.office = e.office and a.case_no = e.case_no
left join core.case_limits as l on a.office = l.office and a.case_no = l.case_no
left join core.clocks as c on a.office = c.office and a.case_no = c.case_no
left join open_pauses as p on a.office = p.office and a.case_no = p.case_no
left join reference.vocabulary as types
    on types.column_name = 'registration_type' and a.registration_type = types.value
