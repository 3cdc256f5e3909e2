/*
title = "一个机构的邮件所列的问题"
why   = "Findings of an office ($office; $is_all: of every office). A source for several offices is everybody's concern, a person of several that of each of them."
*/
select
    finding_id,
    rule,
    rule_title,
    severity,
    case_no,
    source,
    summary,
    due_on,
    first_found_on,
    state,
    changed_on
from results.published_findings
where
    $is_all
    or office = $office
    or (office is null and source is not null)
    or (
        office is null
        and person_id in (
            select person_id from core.persons where offices = [] or list_contains(offices, $office)
        )
    )
order by finding_id
