/*
title = "挂账事项的证据与人员"
why   = "Of the findings that open entries tonight ($findings): their rows with what each is, and whoever had to do with them; whom a finding is about comes as its subject."
*/
with

wanted as (
    select v.finding_id, v.person_id, roles.is_answerable
    from results.violations as v
    inner join results.violation_roles as roles on v.finding_id = roles.finding_id
    where v.finding_id in (select unnest($findings))
),

people as (
    select p.finding_id, p.person_id, p.person_name, p.role, p.is_answerable
    from results.finding_persons as p
    inner join wanted as w on p.finding_id = w.finding_id

    union all

    select w.finding_id, w.person_id, n.person_name, 'subject' as role, w.is_answerable
    from wanted as w
    left join (select person_id, min(person_name) as person_name from core.persons group by person_id) as n
        on w.person_id = n.person_id
    where w.person_id is not null
),

rows as (
    select e.finding_id, list({position: e.position, role: e.role} order by e.position) as evidence
    from results.finding_evidence as e
    inner join wanted as w on e.finding_id = w.finding_id
    group by e.finding_id
),

named as (
    select
        finding_id,
        list(
            {
                person_id: person_id, person_name: coalesce(person_name, ''), role: role,
                is_answerable: coalesce(is_answerable, false)
            }
            order by person_id, role
        ) as persons
    from people
    group by finding_id
)

select
    w.finding_id,
    coalesce(r.evidence, []) as evidence,
    coalesce(n.persons, []) as persons
from wanted as w
left join rows as r on w.finding_id = r.finding_id
left join named as n on w.finding_id = n.finding_id
order by w.finding_id
