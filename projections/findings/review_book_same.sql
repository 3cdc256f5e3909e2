/*
rule     = "review-book-same"
version  = 2
off      = true
title    = "审登同人"
severity = "major"
family   = "person"
subject  = "case"
evidence_role = "act"
answerable = true
basis    = ["宁波通知 六"]
summary  = "业务 {case_no} 由 {person_name} 审核,又由其本人登簿"
unknown  = "审核或登簿的人不明(账号空白、当日名册两说,或审核记录由导出时生成),无法判断是否同一人"
why      = "Whoever reviewed a case, at any node and in any round, should not enter it in the register too."
not_this = "Switched off unless a profile's rules_on names it: where one registrar by law reviews and books alone, this is as it should be. A returned booking is none; robots are no persons; a blank or ambiguous actor, and that of a review made up at export (steps.evidence), is unknown."
zh_why   = "审核过一件业务的人,不论哪个节点、哪一轮,不宜再由他登簿。"
zh_not_this = "规程的 rules_on 写明时才运行:依法由一名登记员审核并登簿的地方,本来如此。被退回的登簿不算;机器人账号不是自然人;账号空白、当日名册两说的,或审核记录由导出时生成的(steps.evidence),无法判断。"
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
    where step = 'review' or (step = 'book' and result = 'approve')
),

per_person as (
    select
        office,
        case_no,
        person_id,
        min(person_name) as person_name,
        count(distinct step) = 2 and person_id is not null as is_same,
        count(*) filter (where step = 'review') as all_reviews,
        count(*) filter (where step = 'book') as all_books,
        count(*) filter (where step = 'review' and not is_robot) as reviews,
        count(*) filter (where step = 'book' and not is_robot) as books,
        count(*) filter (where person_id is null and not is_robot) as unknown_acts,
        max(occurred_at) as occurred_at,
        array_agg(position) as evidence
    from acts
    group by office, case_no, person_id
)

select
    office,
    case_no,
    min(person_id) filter (where is_same) as person_id,
    array_to_string(list_sort(array_agg(person_name) filter (where is_same)), '、') as person_name,
    coalesce(max(occurred_at) filter (where is_same), max(occurred_at)) as occurred_at,
    flatten(coalesce(array_agg(evidence) filter (where is_same), array_agg(evidence))) as evidence,
    case
        when bool_or(is_same) then true
        when sum(reviews) = 0 or sum(books) = 0 or sum(unknown_acts) = 0 then false
    end as is_violation
from per_person
group by office, case_no
having sum(all_reviews) > 0 and sum(all_books) > 0
