/*
title = "本夜的历史存量"
why   = "Old findings of a rule and an office, listed together in one entry; as grave as the gravest of them."
*/
with

grades as (
    select unnest(['info', 'minor', 'major', 'critical']) as severity, unnest([1, 2, 3, 4]) as grade
)

select
    n.rule,
    any_value(r.version) as rule_version,
    any_value(n.rule_title) as title,
    arg_max(n.severity, g.grade) as severity,
    n.office,
    list(n.finding_id order by n.finding_id) as finding_ids,
    min(n.acted_on) as first_on,
    max(n.acted_on) as last_on,
    any_value(n.basis) as basis
from results.entry_olds as o
inner join results.entry_news as n on o.finding_id = n.finding_id
inner join results.entry_rules as r on n.rule = r.rule
inner join grades as g on n.severity = g.severity
group by n.rule, n.office
order by n.office, n.rule
