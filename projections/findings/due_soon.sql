/*
rule     = "due-soon"
version  = 4
title    = "超期预警"
severity = "minor"
family   = "time"
subject  = "case"
without_act = "nothing wrong has been done yet"
story    = "clock"
role     = "warning"
basis    = ["鄂尔多斯方案(18)", "实施清单26"]
unknown  = "没有受理记录,或登簿的结果写法不明,或到期日在工作日历尚未公布的年份,无法判断是否临近到期"
summary  = "业务 {case_no}{kind}{accepted_at:day}受理,应于{due_on:weekday}前(含)办结,{remaining}"
why      = "An open case that is not late yet but is due within warn_days working days. One that is past the time the place only strives for (aim_days) is named as a hint."
not_this = "An open case due after the day to which the data of its office reaches, between two deliveries or with one missing, may have been finished since: unknown until the next. A case that is already late is overdue; one whose clock is stopped has no due day. A case without an acceptance has no due day that is known; a booking whose result nobody knows may have finished the case. A finished case is never a finding for its aim: cases.aim_on tells."
zh_why   = "在办、尚未超期,但在 warn_days 个工作日内就要到期的业务。已过本地争取时限(aim_days)的,作为提示列出。"
zh_not_this = "应办结日期在该机构数据截止之后的,两次送达之间或缺了一次送达,业务可能已经办结:在下一次送达以前为无法判断。已经超期的,见 overdue;时钟停着的,没有应办结日期。没有受理记录的,应办结日期不明;登簿结果写法不明的,可能已经办结。已办结的业务不因争取时限列为问题,见 cases.aim_on。"
zh_nobody = "还没有发生任何违规"
per_case = true

[params.warn_days]
value = 1
about = "提前几个工作日预警"
*/
with

cases as (
    select
        c.*,
        run.*,
        coalesce('(' || c.registration_title || ')', ' ') as kind,
        e.open_from is not null as is_open,
        u.evidence as unaccepted,
        d.data_until,
        d.source as data_source
    from core.cases as c
    cross join reference.run as run
    left join core.case_ends as e on c.office = e.office and c.case_no = e.case_no
    left join core.unaccepted_cases as u on c.office = u.office and c.case_no = u.case_no
    left join core.office_data as d on c.office = d.office
    where c.closed_at is null and (c.due_state <> 'none' or u.case_no is not null)
),

counted as (
    select
        cases.*,
        clocks.due_ordinal - clocks.clocked_ordinal as days_left
    from cases
    left join core.clocks as clocks on cases.office = clocks.office and cases.case_no = clocks.case_no
),

judged as (
    select
        c.*,
        p.warn_days,
        c.days_left <= p.warn_days as is_near,
        c.due_on < c.as_of_on as is_late,
        case
            when c.unaccepted is not null then null
            when c.due_on > c.data_until and c.due_on >= c.as_of_on and c.days_left <= p.warn_days then 'delivery'
            when c.due_state = 'provisional' then 'calendar'
        end as waits_for
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
    coalesce(unaccepted, [accept_position]) as evidence,
    waits_for,
    case waits_for
        when 'delivery' then '数据只到' || strftime(data_until, '%-m月%-d日') || '(数据源 ' || data_source || '),此后是否办结尚不知道'
        when 'calendar' then '到期日在工作日历尚未公布的年份,无法算出'
    end as why_unknown,
    case
        when unaccepted is not null or waits_for = 'delivery' then null
        when is_open and not is_late and (is_near or coalesce(aim_on < as_of_on, false)) then null
        when due_state = 'fixed' then not is_late and (is_near or coalesce(aim_on < as_of_on, false))
        when due_state = 'paused' then false
        -- Due in a year that is not published, but not so soon in any calendar.
        when days_left > warn_days and not coalesce(aim_on < as_of_on, false) then false
    end as is_violation
from judged
