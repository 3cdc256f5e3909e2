/*
title = "时钟"
why   = "The due day is the limit-th counted working day after acceptance: every lawful pause begun before it moves it on."
per_case = true
*/
with

limits as (
    select
        c.office,
        c.case_no,
        c.calendar,
        c.accepted_on,
        c.accepted_ordinal,
        c.clocked_ordinal,
        l.limit_days,
        p.statutory_days
    from core.case_calendars as c
    cross join params.overdue as p
    left join core.case_limits as l on c.office = l.office and c.case_no = l.case_no
),

-- A pause counts while the due day is not reached at its start; later ones change nothing.
stopped as (
    select
        l.office,
        l.case_no,
        sum(s.stopped_days) filter (
            where l.accepted_ordinal + l.limit_days + s.stopped_before > s.start_ordinal
        ) as promise_shift,
        sum(s.stopped_days) filter (
            where l.accepted_ordinal + l.statutory_days + s.stopped_before > s.start_ordinal
        ) as statutory_shift,
        sum(greatest(least(s.end_ordinal, l.clocked_ordinal) - s.start_ordinal, 0)) filter (
            where l.clocked_ordinal is not null
        ) as paused_days
    from limits as l
    inner join core.paused_spans as s on l.office = s.office and l.case_no = s.case_no
    group by l.office, l.case_no
),

targets as (
    select
        l.*,
        l.accepted_ordinal + l.limit_days + coalesce(s.promise_shift, 0) as due_ordinal,
        l.accepted_ordinal + l.statutory_days + coalesce(s.statutory_shift, 0) as statutory_ordinal,
        coalesce(s.paused_days, 0) as paused_days
    from limits as l
    left join stopped as s on l.office = s.office and l.case_no = s.case_no
)

select
    t.office,
    t.case_no,
    t.calendar,
    t.limit_days,
    t.statutory_days,
    case when t.clocked_ordinal is not null then cast(t.paused_days as integer) end as paused_days,
    t.due_ordinal,
    t.statutory_ordinal,
    t.clocked_ordinal,
    case
        when t.clocked_ordinal is not null
            then cast(greatest(t.clocked_ordinal - t.accepted_ordinal - t.paused_days, 0) as integer)
    end as used_days,
    case when t.limit_days = 0 then t.accepted_on else due.on_date end as due_on,
    statutory.on_date as statutory_due_on
from targets as t
left join core.workdays as due
    on t.calendar = due.calendar and t.due_ordinal = due.ordinal and due.is_workday
left join core.workdays as statutory
    on t.calendar = statutory.calendar and t.statutory_ordinal = statutory.ordinal and statutory.is_workday
