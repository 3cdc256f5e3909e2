/*
title = "监管台首页所列的问题"
why   = "Findings of the published database that the first page of the desk lists: of offices ($offices; of all with $all), found first on or after a day ($since) or of some rules ($rules); null is any; without those of referred entries that are hidden from who asks ($hidden). A person of several offices is each one's concern."
*/
select
    finding_id,
    rule,
    rule_title,
    severity,
    office,
    case_no,
    account,
    person_id,
    source,
    summary,
    due_on,
    first_found_on,
    count(*) over () as total
from main.findings
where
    state = 'open'
    and ($rules is null or list_contains($rules, rule))
    and ($since is null or first_found_on >= $since)
    and ($since is null or severity <> 'info')
    and not list_contains($hidden, finding_id)
    and (
        $all
        or list_contains($offices, office)
        or (
            office is null
            and person_id in (
                select person_id from main.persons where len(list_intersect(offices, $offices)) > 0
            )
        )
    )
order by
    case when $since is null then due_on end,
    list_position(['critical', 'major', 'minor', 'info'], severity),
    rule,
    finding_id
limit $limit
