/*
rule     = "off-hours"
version  = 1
title    = "非工作时间办理"
severity = "info"
family   = "time"
subject  = "case"
evidence_role = "act"
nobody   = "a hint: who works late has done no wrong by that, and overtime is for the office to record"
basis    = ["宁波通知 六", "鄂尔多斯方案(18)"]
summary  = "业务 {case_no} 在非工作时间办理:{occurred_at:moment}{step_title}{others},当日没有延时服务记录"
why      = "What is accepted, reviewed or booked when the office is closed is seen by nobody else."
not_this = "Within grace_minutes of the office's hours; on a day of recorded overtime of that office; by a robot. A date without a time tells only whether the day was a working day."
zh_why   = "下班以后受理、审核、登簿的,没有旁人看见。"
zh_not_this = "办公时间前后 grace_minutes 分钟以内;该机构当日有延时服务记录;机器人账号。只有日期的,只能看当日是否为工作日。"
zh_nobody = "只是提示:加班本身没有错,记录延时服务是单位的事"
per_key  = ["case_no", "office"]

[key_of]
"core.office_days" = ["case_no", "office"]
"core.overtime_days" = """
select a.case_no, a.office
from changed
inner join core.office_days as a on changed.office = a.office and changed.on_date = a.on_date
"""

[params.grace_minutes]
value = 30
about = "办公时间前后多少分钟以内不算"
*/
with

days as (
    select
        a.*,
        o.on_date is not null as is_overtime
    from core.office_days as a
    left join core.overtime_days as o on a.office = o.office and a.on_date = o.on_date
),

per_case as (
    select
        office,
        case_no,
        sum(case when is_overtime then 0 else off_acts end) as off_acts,
        sum(case when is_overtime then 0 else unknown_acts end) as unknown_acts,
        arg_min(first_step, first_at) filter (where not is_overtime) as step,
        arg_min(precision, first_at) filter (where not is_overtime) as precision,
        min(first_at) filter (where not is_overtime) as occurred_at,
        coalesce(flatten(array_agg(positions) filter (where not is_overtime)), []) as evidence
    from days
    group by office, case_no
)

select
    c.office,
    c.case_no,
    c.occurred_at,
    c.precision,
    coalesce(steps.title, c.step) as step_title,
    case when c.off_acts > 1 then '等 ' || c.off_acts || ' 次' else '' end as others,
    c.evidence,
    case when c.off_acts > 0 then true when c.unknown_acts = 0 then false end as is_violation
from per_case as c
left join reference.vocabulary as steps on steps.column_name = 'step' and c.step = steps.value
