/*
rule     = "precheck-overdue"
version  = 2
title    = "预审超时"
severity = "major"
family   = "time"
subject  = "case"
without_act = "what is late was left undone"
basis    = ["云浮方案4, 18"]
summary  = "业务 {case_no} {occurred_at:moment}提交网上预审,{outcome},超过 {limit_hours} 小时{others}"
why      = "An online submission that is not prechecked within the promised hours by the clock on the wall. Each submission counts for itself."
not_this = "A submission withdrawn by the applicant waits no longer. Where a date without a time leaves the hours open, nothing can be told."
zh_why   = "网上提交的申请,没有在承诺的小时数内预审(按钟面时间)。每次提交分别计算。"
zh_not_this = "申请人撤回的提交,不再等候。只有日期、算不出小时数的,无法判断。"
zh_nobody = "超时是该做的没有做"
per_key  = ["case_no", "office"]

[key_of]
"core.prechecks" = ["case_no", "office"]
"reference.run" = "select case_no, office from core.prechecks where answered_at is null"

[params.hours]
value = 24
about = "网上预审的时限(小时);规程为预审另设时限的,从其规定"
*/
with

-- What has no answer yet has waited up to the as-of time.
waits as (
    select
        p.*,
        coalesce(p.answered_at, run.as_of) - p.submitted_latest_at as least_wait,
        coalesce(p.answered_latest_at, run.as_of) - p.submitted_at as most_wait
    from core.prechecks as p
    cross join reference.run as run
),

judged as (
    select
        *,
        case
            when least_wait > to_hours(limit_hours) then true
            when most_wait <= to_hours(limit_hours) then false
        end as is_late
    from waits
),

per_case as (
    select
        office,
        case_no,
        count(*) filter (where is_late) as late,
        bool_or(is_late is null) as is_open,
        arg_min(position, struct_pack(at := submitted_at, number := position)) filter (where is_late) as first_position,
        list_distinct(flatten(array_agg(
            case when answer_position is null then [position] else [position, answer_position] end
        ))) as evidence,
        array_agg(position) filter (where is_late) as late_positions,
        array_agg(answer_position) filter (where is_late) as closing_positions
    from judged
    group by office, case_no
)

select
    c.office,
    c.case_no,
    j.submitted_at as occurred_at,
    j.precision,
    j.limit_hours,
    j.limit_basis as basis,
    case when j.answer_position is null then '至今未预审' else strftime(j.answered_at, '%-m月%-d日%H:%M') || '才预审' end
        as outcome,
    case when c.late > 1 then ';共有 ' || c.late || ' 次提交超时' else '' end as others,
    c.evidence,
    c.late_positions,
    c.closing_positions,
    case when c.late > 0 then true when not c.is_open then false end as is_violation
from per_case as c
left join judged as j on c.first_position = j.position
