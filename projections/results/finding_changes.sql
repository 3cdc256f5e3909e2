/*
title = "本次与台账的差别"
why   = "What brings the ledger in line with this run's violations. A rule that did not run to its end changes nothing."
*/
select
    coalesce(v.finding_id, k.finding_id) as finding_id,
    case
        when k.first_found_on is null then 'opened'
        when v.finding_id is null then 'gone'
        when k.last_change = 'gone' then 'reopened'
        else 'changed'
    end as change,
    v.rule,
    v.severity,
    v.office,
    v.case_no,
    v.account,
    v.person_id,
    v.source,
    v.occurred_at,
    v.due_on,
    v.summary,
    v.basis,
    v.evidence
from results.violations as v
full outer join core.ledger as k on v.finding_id = k.finding_id
left join results.rule_runs as r on k.rule = r.rule
where
    (
        v.finding_id is not null
        and (
            k.first_found_on is null
            or k.last_change = 'gone'
            or k.severity <> v.severity
            or coalesce(k.due_on <> v.due_on, false)
        )
    )
    or (v.finding_id is null and k.last_change <> 'gone' and r.status <> 'error')
