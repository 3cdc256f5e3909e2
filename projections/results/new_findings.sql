/*
title = "本夜新增问题的数目"
why   = "Tonight's new findings that give a light, by severity and by the office that hears of them: what concerns no office, or a person whose offices nobody knows, is everybody's (null). Warnings ($warnings) and hints give none."
*/
with

news as (
    select
        f.finding_id,
        f.severity,
        f.office,
        f.person_id
    from results.published_findings as f
    where
        f.state = 'open'
        and f.changed_on = $night
        and f.severity <> 'info'
        and not list_contains($warnings, f.rule)
),

person_offices as (
    select person_id, unnest(offices) as office from core.persons
)

select
    coalesce(n.office, p.office) as office,
    n.severity,
    count(*) as findings
from news as n
left join person_offices as p on n.office is null and n.person_id = p.person_id
group by all
order by all
