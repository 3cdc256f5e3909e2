/*
title = "一个机构的邮件所列的无法判断"
why   = "How many subjects of an office ($office; $is_all: of every office) each rule could not decide about, and why."
*/
with

strangers as (
    select person_id from core.persons where offices <> [] and not list_contains(offices, $office)
)

select
    rule_title as title,
    why,
    count(*) as subjects
from results.unknowns
where
    $is_all
    or office = $office
    or (
        office is null
        and (person_id is null or person_id not in (select person_id from strangers))
    )
group by rule, rule_title, why
order by subjects desc, rule, why
