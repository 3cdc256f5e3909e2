/*
title = "问题清单"
why   = "Findings of the published database, the gravest first: of a rule ($rule), an office ($office), the open ones ($only_open), the first of them ($limit); null and false are all. A person of several offices is each one's concern."
*/
select *
from main.findings
where
    ($rule is null or rule = $rule)
    and (
        $office is null
        or office = $office
        or (
            office is null
            and person_id in (
                select person_id from main.persons where offices = [] or list_contains(offices, $office)
            )
        )
    )
    and (not $only_open or state <> 'gone')
order by
    list_position(['critical', 'major', 'minor', 'info'], severity),
    rule,
    occurred_at,
    finding_id
limit $limit
