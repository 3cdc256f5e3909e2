/*
title = "暂停的问题"
why   = "What is wrong with each pause of a case not finished yet: its kind, its reason, its beginning, its length."
per_case = true
*/
with

-- The round of the clock that the pause began in; not one that its own completion started.
rounds as (
    select
        p.position,
        max(s.round_no) as round_no
    from core.pauses as p
    inner join core.clock_starts as s
        on
            p.office = s.office
            and p.case_no = s.case_no
            and (s.round_no = 1 or cast(p.paused_at as date) >= s.started_on)
            and not list_contains(s.pause_positions, p.position)
    group by p.position
),

pauses as (
    select
        p.*,
        c.calendar,
        c.due_on,
        -- A pause ends with the case, however late its resumption is entered.
        least(p.earliest_resumed_at, e.closed_at, run.as_of) as until_at
    from core.pauses as p
    cross join reference.run as run
    left join rounds on p.position = rounds.position
    left join core.clock_rounds as c
        on p.office = c.office and p.case_no = c.case_no and rounds.round_no = c.round_no
    left join core.case_ends as e on p.office = e.office and p.case_no = e.case_no
    where not p.is_after_finish
),

-- Of a pause that lasts into a year that is not published, the published days at least.
counted as (
    select
        p.*,
        coalesce(ends.ordinal, last_days.last_ordinal) - begins.ordinal as lasted_days,
        ends.ordinal is null as is_at_least
    from pauses as p
    left join reference.offices as o on p.office = o.office
    left join core.workdays as begins
        on coalesce(p.calendar, o.calendar, '*') = begins.calendar and cast(p.paused_at as date) = begins.on_date
    left join core.workdays as ends
        on coalesce(p.calendar, o.calendar, '*') = ends.calendar and cast(p.until_at as date) = ends.on_date
    left join core.calendar_ends as last_days on coalesce(p.calendar, o.calendar, '*') = last_days.calendar
)

select
    c.position,
    c.office,
    c.case_no,
    c.precision,
    c.paused_at,
    case
        when not c.is_kind_known then '类型不明'
        when c.pause_kind = 'other' then '其他'
        else coalesce(kinds.title, c.pause_kind)
    end as kind_title,
    case when c.is_kind_known then not c.is_lawful end as is_unlawful_kind,
    not coalesce(r.is_telling, false) as is_without_reason,
    coalesce(cast(c.paused_at as date) > c.due_on, false) as is_begun_late,
    c.due_on,
    case
        when c.max_days is null then false
        when c.lasted_days > c.max_days then true
        when not c.is_at_least and c.lasted_days is not null then false
    end as is_too_long,
    c.lasted_days,
    c.is_at_least,
    c.max_days,
    c.limit_basis
from counted as c
left join core.reasons as r on c.position = r.position
left join reference.vocabulary as kinds
    on kinds.column_name = 'pause_kind' and c.pause_kind = kinds.value
