/*
title = "人工挂账所涉的人"
why   = "The natural persons of whom somebody opens an entry by hand: the one named ($person_id), and whoever has the account ($account) at the office ($office); null names none."
*/
select
    person_id,
    coalesce(person_name, '') as person_name
from main.persons
where
    person_id = $person_id
    or (list_contains(accounts, $account) and (offices = [] or list_contains(offices, $office)))
order by person_id
