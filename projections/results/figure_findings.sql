/*
title = "统计:问题"
why   = "Findings that stand, and what a rule could not decide, by rule and office; to be held against the cases of the office."
*/
with

counted as (
    select rule, office, 1 as findings, cast(case_no is not null as integer) as of_cases, 0 as unknown
    from main.findings
    where state <> 'gone'
    union all
    select rule, office, 0 as findings, 0 as of_cases, 1 as unknown
    from main.unknowns
)

select
    c.rule,
    max(r.title) as title,
    c.office,
    max(r.status) as status,
    cast(sum(c.findings) as bigint) as findings,
    cast(sum(c.of_cases) as bigint) as of_cases,
    cast(sum(c.unknown) as bigint) as unknown
from counted as c
left join main.rule_runs as r on c.rule = r.rule
group by c.rule, c.office
order by c.rule, c.office
