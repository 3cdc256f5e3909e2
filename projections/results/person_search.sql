/*
title = "查找人员"
why   = "Persons of some offices ($offices) whose name, number or account there is, or holds, what was typed ($text, as a login $login; empty: all), by name; nobody stands before another for what he did. Of other offices nothing is told."
*/
with

held as (
    select
        person_id,
        array_agg(distinct account order by account) filter (where is_current) as accounts,
        array_agg(distinct org_kind order by org_kind) as org_kinds,
        bool_or(account = $login) as has_login
    from main.accounts
    where list_contains($offices, office)
    group by person_id
)

select
    p.person_id,
    p.person_name,
    list_filter($offices, lambda office: list_contains(p.offices, office)) as offices,
    coalesce(h.accounts, []) as accounts,
    list_filter(coalesce(h.org_kinds, []), lambda kind: kind is not null) as org_kinds,
    p.is_registered,
    count(*) over () as total
from main.persons as p
left join held as h on p.person_id = h.person_id
where
    list_has_any(p.offices, $offices)
    and (
        $text = ''
        or p.person_id = $text
        or contains(coalesce(p.person_name, ''), $text)
        or coalesce(h.has_login, false)
    )
order by p.person_name, p.person_id
limit $most offset $skipped
