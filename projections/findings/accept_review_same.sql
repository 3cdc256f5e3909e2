/*
rule     = "accept-review-same"
version  = 4
title    = "受审同人"
severity = "major"
family   = "person"
subject  = "case"
evidence_role = "act"
answerable = true
part_of  = ["one-person"]
basis    = ["宁波通知 六"]
summary  = "业务 {case_no} 由 {person_name} 受理,又由其本人审核"
unknown  = "受理或审核的人不明(没有受理记录、账号空白、当日名册两说,或审核记录由导出时生成),无法判断是否同一人"
why      = "Whoever accepted a case must not review it, at any node and in any round: a later round by another does not undo it."
not_this = "Robot accounts are no persons; a blank or ambiguous actor, and that of a review made up at export (steps.evidence), is unknown, neither guilty nor cleared; so is who accepted a case without an acceptance, unless robots alone reviewed it."
zh_why   = "受理了一件业务的人,不得再审核它:任何审核节点、任何一轮都不行;后一轮改由他人审核,也不能补救。"
zh_not_this = "机器人账号不是自然人。账号空白、当日名册两说的,或审核记录由导出时生成的(steps.evidence),操作人不明:既不算问题,也不算没有问题。没有受理记录的,受理人不明,但审核全由机器人完成的除外。"
per_case = true

[params]
*/
with

acts as (
    select
        office,
        case_no,
        step,
        case when evidence = 'recorded' then person_id end as person_id,
        person_name,
        is_robot,
        position,
        occurred_at
    from core.steps
    where step in ('accept', 'review')
),

per_person as (
    select
        office,
        case_no,
        person_id,
        min(person_name) as person_name,
        count(distinct step) as acts,
        max(occurred_at) as occurred_at,
        array_agg(position) as evidence
    from acts
    where person_id is not null
    group by office, case_no, person_id
),

same as (
    select
        office,
        case_no,
        min(person_id) as person_id,
        array_to_string(list_sort(array_agg(person_name)), '、') as person_name,
        max(occurred_at) as occurred_at,
        flatten(array_agg(evidence)) as evidence
    from per_person
    where acts = 2
    group by office, case_no
),

per_case as (
    select
        office,
        case_no,
        max(occurred_at) as occurred_at,
        array_agg(position) as evidence,
        count(*) filter (where step = 'accept') as all_accepts,
        count(*) filter (where step = 'accept' and not is_robot) as accepts,
        count(*) filter (where step = 'review' and not is_robot) as reviews,
        count(*) filter (where person_id is null and not is_robot) as unknown_acts
    from acts
    group by office, case_no
    having count(*) filter (where step = 'review') > 0
)

select
    c.office,
    c.case_no,
    same.person_id,
    same.person_name,
    coalesce(same.occurred_at, c.occurred_at) as occurred_at,
    coalesce(same.evidence, c.evidence) as evidence,
    case
        when same.case_no is not null then true
        when c.reviews = 0 then false
        when c.all_accepts = 0 then null
        when c.accepts = 0 or c.unknown_acts = 0 then false
    end as is_violation
from per_case as c
left join same on c.office = same.office and c.case_no = same.case_no
