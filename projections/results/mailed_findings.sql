/*
title = "一个机构的邮件所列的问题"
why   = "Findings of an office ($office; $is_all: of every office). A source for several offices is everybody's concern, and so is a person whose offices nobody knows; another person that of each of his offices."
*/
with

strangers as (
    select person_id from core.persons where offices <> [] and not list_contains(offices, $office)
)

select
    finding_id,
    rule,
    rule_title,
    severity,
    office,
    case_no,
    account,
    source,
    occurred_at,
    summary,
    coalesce(basis, '') as basis,
    due_on,
    first_found_on,
    state,
    changed_on
from results.published_findings
where
    $is_all
    or office = $office
    or (
        office is null
        and (person_id is null or person_id not in (select person_id from strangers))
    )
order by finding_id
