/*
title = "查找人员"
why   = "Persons of some offices ($offices) whose name, number or account is, or holds, what was typed ($text, as a login $login; empty: all), by name; nobody stands before another for what he did."
*/
select
    person_id, person_name, offices, accounts, org_kinds, is_registered, acts, last_act_at,
    count(*) over () as total
from main.persons
where
    list_has_any(offices, $offices)
    and (
        $text = ''
        or person_id = $text
        or contains(coalesce(person_name, ''), $text)
        or list_contains(accounts, $login)
    )
order by person_name, person_id
limit $most offset $skipped
