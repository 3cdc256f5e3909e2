/*
title = "涉及一人的问题"
why   = "Findings of some offices ($offices) that a person ($person) had to do with, as what, and whether he is answerable; the latest first."
*/
select
    f.finding_id, f.rule, f.rule_title, f.severity, f.office, f.case_no, f.account, f.occurred_at, f.state, f.summary,
    string_agg(distinct p.role, ',' order by p.role) as roles,
    bool_or(p.is_answerable) as is_answerable
from main.finding_persons as p
inner join main.findings as f on p.finding_id = f.finding_id
where p.person_id = $person and list_contains($offices, f.office)
group by
    f.finding_id, f.rule, f.rule_title, f.severity, f.office, f.case_no, f.account, f.occurred_at, f.state, f.summary
order by is_answerable desc, f.occurred_at desc, f.finding_id
