/*
rule     = "due-soon"
version  = 3
title    = "超期预警"
severity = "minor"
subject  = "case"
story    = "clock"
role     = "warning"
basis    = ["鄂尔多斯方案(18)", "实施清单26"]
unknown  = "到期日在工作日历尚未公布的年份,无法算出"
summary  = "业务 {case_no}{kind}{accepted_at:day}受理,应于{due_on:weekday}前(含)办结,{remaining}"
why      = "An open case that is not late yet but is due within warn_days working days. One that is past the time the place only strives for (aim_days) is named as a hint."
not_this = "A case that is already late is overdue; one whose clock is stopped has no due day. A finished case is never a finding for its aim: cases.aim_on tells."
per_case = true

[params.warn_days]
value = 1
about = "提前几个工作日预警"
*/
with

cases as (
    select
        *,
        coalesce('(' || registration_title || ')', ' ') as kind
    from core.cases
    cross join reference.run
    where closed_at is null and due_state <> 'none'
),

counted as (
    select
        cases.*,
        clocks.due_ordinal - clocks.clocked_ordinal as days_left
    from cases
    inner join core.clocks as clocks on cases.office = clocks.office and cases.case_no = clocks.case_no
),

judged as (
    select
        c.*,
        p.warn_days,
        c.days_left <= p.warn_days as is_near,
        c.due_on < c.as_of_on as is_late
    from counted as c
    cross join params.due_soon as p
)

select
    office,
    case_no,
    kind,
    accepted_at,
    due_on,
    as_of as occurred_at,
    case
        when due_on = as_of_on then '到期当日尚未办结'
        when is_near then '还剩 ' || days_left || ' 个工作日'
        else '已超过争取时限(' || strftime(aim_on, '%-m月%-d日') || ')'
    end as remaining,
    case when is_near then 'minor' else 'info' end as severity,
    limit_basis as basis,
    [accept_position] as evidence,
    case
        when due_state = 'fixed' then not is_late and (is_near or coalesce(aim_on < as_of_on, false))
        when due_state = 'paused' then false
        -- Due in a year that is not published, but not so soon in any calendar.
        when days_left > warn_days and not coalesce(aim_on < as_of_on, false) then false
    end as is_violation
from judged
