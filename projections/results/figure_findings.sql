/*
title = "统计:问题"
why   = "Findings that stand, and what a rule could not decide, of every rule of the last run at every office with cases, to be held against the cases of the office; what belongs to no office (null) has none to be held against."
*/
with

offices as (
    select office, count(*) as cases from main.cases
    group by office
),

told as (
    select rule, office, 1 as findings, 0 as unknown from main.findings
    where state <> 'gone'
    union all
    select rule, office, 0 as findings, 1 as unknown from main.unknowns
    union all
    select r.rule, o.office, 0 as findings, 0 as unknown
    from main.rule_runs as r
    cross join offices as o
),

counted as (
    select
        rule,
        office,
        sum(findings) as findings,
        sum(unknown) as unknown
    from told
    group by rule, office
)

select
    c.rule,
    coalesce(r.title, c.rule) as title,
    c.office,
    r.status,
    cast(c.findings as bigint) as findings,
    cast(c.unknown as bigint) as unknown,
    coalesce(o.cases, 0) as cases
from counted as c
left join main.rule_runs as r on c.rule = r.rule
left join offices as o on c.office = o.office
order by c.rule, c.office
