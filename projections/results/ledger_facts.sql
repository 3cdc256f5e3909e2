/*
title = "一个问题的台账事实"
why   = "What an entry of the ledger freezes of a published finding ($finding_id): its rule with the version of this run, its subject with the batch of its case, its evidence with roles, its persons, and up to where the log was read."
*/
select
    f.finding_id,
    f.rule,
    f.rule_title,
    coalesce(r.version, 0) as rule_version,
    f.severity,
    f.office,
    f.case_no,
    c.batch_no,
    f.account,
    f.person_id,
    f.source,
    f.occurred_at,
    f.due_on,
    f.summary,
    f.basis,
    (select coalesce(max(log_position), 0) from main.runs) as log_position,
    (
        select coalesce(list({'position': e.position, 'role': e.role} order by e.position), [])
        from main.finding_evidence as e
        where e.finding_id = f.finding_id
    ) as evidence,
    (
        select
            coalesce(
                list(
                    {
                        'person_id': p.person_id,
                        'person_name': coalesce(p.person_name, ''),
                        'role': p.role,
                        'is_answerable': p.is_answerable
                    }
                    order by p.person_id, p.role
                ),
                []
            )
        from main.finding_persons as p
        where p.finding_id = f.finding_id
    ) as persons
from main.findings as f
left join main.cases as c on f.office = c.office and f.case_no = c.case_no
left join main.rule_runs as r on f.rule = r.rule
where f.finding_id = $finding_id
