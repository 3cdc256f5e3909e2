/*
rule     = "out-of-order"
version  = 2
title    = "环节倒置"
severity = "major"
subject  = "case"
answerable = true
basis    = ["威海方案 任务对照表17", "不动产登记暂行条例第十五条", "不动产登记暂行条例第二十一条"]
summary  = "业务 {case_no}{kind}环节倒置:{early_title}({occurred_at:moment}){how}{late_title}({late_at:moment}){others}"
why      = "Acceptance, review, booking and certificate follow each other; what is booked before it was approved, or withdrawn after it was booked, was not decided on the papers."
not_this = "Where one of the two times is a date, dates are compared: the same day is no inversion. A step done again is held against its own round: the last booking against the last approving review, the first against the first, certificates against the first booking. A review counts by its end. A review made up at export (steps.evidence) says nothing about times."
per_case = true

[params]
*/
with

examined as (
    select
        office,
        case_no
    from core.step_bounds
    where
        (accepted_from is not null and reviewed_until is not null)
        or (
            first_booked_from is not null
            and coalesce(first_approved_from, certified_until, issued_until, filed_until, withdrawn_from) is not null
        )
),

per_case as (
    select
        office,
        case_no,
        count(*) as found,
        min(struct_pack(at := early.at, pair_no := pair_no)) as first,
        list_sort(list_distinct(flatten(array_agg([early.number, late.number])))) as evidence,
        -- What should have waited: a booking for the review; but a withdrawal was too late itself.
        list_distinct(array_agg(case when late_step = 'withdraw' then late.number else early.number end)) as act_positions
    from core.inversions
    group by office, case_no
)

select
    x.office,
    x.case_no,
    coalesce('(' || c.registration_title || ')', ' ') as kind,
    early.title as early_title,
    i.early.at as occurred_at,
    case when i.late_step = 'withdraw' then '之后又' else '早于' end as how,
    late.title as late_title,
    i.late.at as late_at,
    case when 'date' in (i.early.precision, i.late.precision) then 'date' else 'time' end as precision,
    case when p.found > 1 then ',另有 ' || (p.found - 1) || ' 处' else '' end as others,
    p.evidence,
    p.act_positions,
    p.office is not null as is_violation
from examined as x
inner join core.cases as c on x.office = c.office and x.case_no = c.case_no
left join per_case as p on x.office = p.office and x.case_no = p.case_no
left join core.inversions as i
    on p.office = i.office and p.case_no = i.case_no and p.first.pair_no = i.pair_no
left join reference.vocabulary as early on early.column_name = 'step' and i.early_step = early.value
left join reference.vocabulary as late on late.column_name = 'step' and i.late_step = late.value
