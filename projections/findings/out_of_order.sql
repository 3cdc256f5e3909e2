/*
rule     = "out-of-order"
version  = 3
title    = "环节倒置"
severity = "major"
family   = "process"
subject  = "case"
answerable = true
basis    = ["威海方案 任务对照表17", "不动产登记暂行条例第十五条", "不动产登记暂行条例第二十一条"]
summary  = "业务 {case_no}{kind}环节倒置:{early_title}({occurred_at:moment}){how}{late_title}({late_at:moment}){others}"
unknown  = "没有受理记录,审核是否早于受理无从比较;或审核、登簿等的结果写法不明,先后是否颠倒无法判断"
why      = "Acceptance, review, booking and certificate follow each other; what is booked before it was approved or after it was refused or withdrawn, or withdrawn after it was booked, was not decided on the papers."
not_this = "Papers are filed after a refusal or withdrawal, too. A refusal or withdrawal that was itself returned is none. Without an acceptance the reviews are unknown, unless another order is wrong. Where one of the two times is a date, dates are compared: the same day is no inversion. A step done again is held against its own round: the last booking against the last approving review, the first against the first, certificates against the first booking. A review counts by its end. A review made up at export (steps.evidence) says nothing about times."
zh_why   = "受理、审核、登簿、发证依次进行。未经同意就登簿,不予登记或撤回以后又登簿,登簿以后又撤回的,都不是凭材料作出的决定。"
zh_not_this = "不予登记、撤回以后也归档。本身又被退回的不予登记、撤回,不算。没有受理记录的,审核的先后无法判断,除非另有倒置。两个时间有一个只有日期的,按日期比较,同日不算倒置。重做的环节与其同一轮比较:末次登簿比末次同意的审核,首次比首次,发证比首次登簿。审核以结束时间为准。由导出时生成的审核(steps.evidence),不说明任何时间。"
per_case = true

[params]
*/
with

examined as (
    select
        *,
        accepted_from is null and reviewed_until is not null as is_unaccepted,
        -- Whether the acts whose result nobody knows could make an order wrong.
        has_unsure and (
            coalesce(open_booked_until < open_approved_from, false)
            or coalesce(open_booked_until < withdrawn_from, false)
            or coalesce(least(open_later_until, withdrawn_until, refused_until) < open_booked_from, false)
        ) as is_open
    from core.step_bounds
    where
        reviewed_until is not null
        or (
            open_booked_until is not null
            and coalesce(open_later_until, withdrawn_from, refused_until) is not null
        )
),

per_case as (
    select
        office,
        case_no,
        count(*) as found,
        is_sure,
        min(struct_pack(at := early.at, pair_no := pair_no)) as first,
        list_sort(list_distinct(flatten(array_agg([early.number, late.number])))) as evidence,
        -- What should have waited: a booking for the review; but what came after the end was too late itself.
        list_distinct(array_agg(
            case when late_step = 'withdraw' or early_step in ('refuse', 'withdraw') then late.number else early.number end
        )) as act_positions
    from core.inversions
    group by office, case_no, is_sure
    -- Where some are sure, these alone are told.
    qualify is_sure or not bool_or(is_sure) over (partition by office, case_no)
)

select
    x.office,
    x.case_no,
    coalesce('(' || c.registration_title || ')', ' ') as kind,
    early.title as early_title,
    coalesce(i.early.at, c.first_at) as occurred_at,
    case when i.late_step = 'withdraw' or i.early_step in ('refuse', 'withdraw') then '之后又' else '早于' end as how,
    late.title as late_title,
    i.late.at as late_at,
    case when 'date' in (i.early.precision, i.late.precision) then 'date' else 'time' end as precision,
    case when p.found > 1 then ',另有 ' || (p.found - 1) || ' 处' else '' end as others,
    p.evidence,
    p.act_positions,
    case
        when p.is_sure then true
        when x.is_unaccepted or x.is_open or p.office is not null then null
        else false
    end as is_violation
from examined as x
inner join core.cases as c on x.office = c.office and x.case_no = c.case_no
left join per_case as p on x.office = p.office and x.case_no = p.case_no
left join core.inversions as i
    on p.office = i.office and p.case_no = i.case_no and p.first.pair_no = i.pair_no
left join reference.vocabulary as early on early.column_name = 'step' and i.early_step = early.value
left join reference.vocabulary as late on late.column_name = 'step' and i.late_step = late.value
