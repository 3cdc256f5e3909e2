/*
rule     = "one-person"
version  = 1
title    = "一人办到底"
severity = "critical"
subject  = "case"
basis    = ["宁波通知 六", "鄂尔多斯方案(18)"]
summary  = "业务 {case_no} 的受理、审核、登簿均由 {person_name} 一人办理"
why      = "One natural person who accepts, approves and books a case can create a right that nobody else has seen."
not_this = "Review and booking by one registrar, with acceptance by another, is lawful in some places: see review-book-same."

[params]
*/
with

core_acts as (
    select
        office,
        case_no,
        step,
        person_id,
        person_name,
        is_robot,
        position,
        occurred_at
    from core.steps
    where
        step in ('accept', 'book')
        or (step = 'review' and result = 'approve')
),

per_case as (
    select
        office,
        case_no,
        count(distinct step) as acts,
        count(*) filter (where person_id is null and not is_robot) as unknown_acts,
        count(*) filter (where is_robot) as robot_acts,
        count(distinct person_id) as persons,
        min(person_id) as person_id,
        min(person_name) filter (where person_id is not null) as person_name,
        max(occurred_at) as occurred_at,
        array_agg(position) as evidence
    from core_acts
    group by office, case_no
)

select
    office,
    case_no,
    person_id,
    person_name,
    occurred_at,
    evidence,
    case
        when persons > 1 or robot_acts > 0 then false
        when unknown_acts > 0 then null
        else true
    end as is_violation
from per_case
where acts = 3
