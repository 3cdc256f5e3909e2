/*
title = "问题清单"
why   = "Findings of the published database, the gravest first: of a rule ($rule), a severity ($severity), an office ($office), a person ($person), a case ($case_no, with or without its office), the open ones ($only_open), those that are new ($only_new), the first of them ($limit); null and false are all. A person of several offices is each one's concern, and a finding concerns whoever it is about or names in any role. New is what appeared or came back in the last night, or was found since."
*/
with last_night as (
    select max(night) as night from main.nights where run_no is not null and not is_withdrawn
)

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
    and ($severity is null or severity = $severity)
    and ($case_no is null or $case_no in (case_no, office || '/' || case_no))
    and (
        $person is null
        or person_id in (select person_id from main.persons where $person in (person_id, person_name))
        or finding_id in (
            select finding_id from main.finding_persons where $person in (person_id, person_name)
        )
    )
    and (not $only_open or state <> 'gone')
    and (
        not $only_new
        or (
            state <> 'gone'
            and finding_id not in (
                select h.finding_id from main.finding_history as h, last_night as l where h.night < l.night
            )
        )
        or finding_id in (
            select h.finding_id from main.finding_history as h, last_night as l
            where h.night = l.night and h.change = 'reopened'
        )
    )
order by
    list_position(['critical', 'major', 'minor', 'info'], severity),
    rule,
    occurred_at,
    finding_id
limit $limit
