/*
title = "时钟的各轮"
why   = "The due day is the limit-th counted working day after the start: every lawful pause begun before it moves it on."
per_case = true
*/
with

limits as (
    select * from core.clock_limits
),

-- A pause counts while the due day is not reached at its start; later ones change nothing.
stopped as (
    select
        l.office,
        l.case_no,
        l.round_no,
        cast(sum(s.stopped_days) filter (
            where l.start_ordinal + l.limit_days + s.stopped_before > s.start_ordinal
        ) as bigint) as promise_shift,
        cast(sum(s.stopped_days) filter (
            where l.start_ordinal + l.aim_days + s.stopped_before > s.start_ordinal
        ) as bigint) as aim_shift,
        cast(sum(s.stopped_days) filter (
            where l.start_ordinal + l.statutory_days + s.stopped_before > s.start_ordinal
        ) as bigint) as statutory_shift,
        cast(sum(greatest(least(s.end_ordinal, l.clocked_ordinal) - s.start_ordinal, 0)) filter (
            where l.clocked_ordinal is not null
        ) as bigint) as paused_days
    from limits as l
    inner join core.paused_spans as s on l.office = s.office and l.case_no = s.case_no and l.round_no = s.round_no
    group by l.office, l.case_no, l.round_no
),

targets as (
    select
        l.*,
        coalesce(s.promise_shift, 0) as promise_shift,
        l.start_ordinal + l.limit_days + coalesce(s.promise_shift, 0) as due_ordinal,
        l.start_ordinal + l.aim_days + coalesce(s.aim_shift, 0) as aim_ordinal,
        l.start_ordinal + l.statutory_days + coalesce(s.statutory_shift, 0) as statutory_ordinal,
        coalesce(s.paused_days, 0) as paused_days
    from limits as l
    left join stopped as s on l.office = s.office and l.case_no = s.case_no and l.round_no = s.round_no
)

select
    t.office,
    t.case_no,
    t.round_no,
    t.is_last,
    t.calendar,
    t.started_on,
    t.limited_by,
    nullif(t.limit_days, 1000000) as limit_days,
    t.statutory_days,
    case when t.clocked_ordinal is not null then cast(t.paused_days as integer) end as paused_days,
    t.due_ordinal,
    t.statutory_ordinal,
    t.clocked_ordinal,
    case
        when t.clocked_on < t.started_on then 0
        when t.clocked_ordinal is not null and t.start_ordinal is not null
            then cast(greatest(t.clocked_ordinal - t.start_ordinal - t.paused_days, 0) as integer)
    end as used_days,
    -- The day itself, where it was named as a day or is the start, unless pauses moved it.
    case when t.promise_shift = 0 or t.limit_days = 0 then coalesce(t.plain_due_on, due.on_date) else due.on_date end
        as due_on,
    aim.on_date as aim_on,
    statutory.on_date as statutory_due_on
from targets as t
left join core.workdays as due
    on t.calendar = due.calendar and t.due_ordinal = due.ordinal and due.is_workday
left join core.workdays as aim
    on t.calendar = aim.calendar and t.aim_ordinal = aim.ordinal and aim.is_workday
left join core.workdays as statutory
    on t.calendar = statutory.calendar and t.statutory_ordinal = statutory.ordinal and statutory.is_workday
