/*
title = "问题涉及的人"
why   = "Who had to do with each finding, and as what: of a case's finding whoever accepted, reviewed or booked it; whoever did an act of the finding; and, where the rule's head asks for it, in whose hands the case lay when its limit ended. Answerable is only who did the act itself, of rules whose meaning names him. Robots are no persons; a blank actor, and that of a review made up at export, is nobody."
*/
with

roles as (
    select * from results.violation_roles
),

findings as (
    select
        finding_id,
        office,
        case_no,
        account
    from results.published_findings
),

steps as (
    select
        *,
        case step
            when 'accept' then 'accepted'
            when 'review' then 'reviewed'
            when 'book' then 'booked'
            else 'acted'
        end as role
    from results.finding_steps
    where evidence = 'recorded'
),

people as (
    select f.finding_id, s.person_id, s.person_name, s.role, false as is_answerable
    from findings as f
    inner join steps as s on f.office = s.office and f.case_no = s.case_no
    where s.step in ('accept', 'review', 'book')
    union all
    select e.finding_id, s.person_id, s.person_name,
        case when f.account is null then s.role else 'acted' end as role, r.is_answerable
    from results.finding_evidence as e
    inner join roles as r on e.finding_id = r.finding_id
    inner join findings as f on e.finding_id = f.finding_id
    inner join steps as s on e.position = s.position
    where e.role = 'act'
    union all
    select finding_id, person_id, person_name, 'held_when_due' as role, false as is_answerable
    from results.finding_holders
)

select
    finding_id,
    person_id,
    min(person_name) as person_name,
    role,
    bool_or(is_answerable) as is_answerable
from people
where person_id is not null
group by finding_id, person_id, role
