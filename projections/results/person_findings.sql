/*
title = "涉及一人的问题"
why   = "Findings of some offices ($offices) that a person ($person) had to do with, as what, and whether he is answerable; the latest first."
*/
with

held as (
    select
        finding_id,
        string_agg(distinct role, ',' order by role) as roles,
        bool_or(is_answerable) as is_answerable
    from main.finding_persons
    where person_id = $person
    group by finding_id
)

select
    f.finding_id, f.rule, f.rule_title, f.severity, f.office, f.case_no, f.account, f.occurred_at, f.state, f.summary,
    h.roles,
    h.is_answerable
from held as h
inner join main.findings as f on h.finding_id = f.finding_id
where list_contains($offices, f.office)
order by h.is_answerable desc, f.occurred_at desc, f.finding_id
