/*
title = "无法判断的对象"
why   = "Each subject that a rule could not decide in this run, with an id of its own; those that only wait for a calendar year or for a delivery are told apart and are no part of it."
*/
select
    rule,
    any_value(rule_title) as rule_title,
    coalesce(office, '') as office,
    left(sha256(concat_ws(
        chr(31), rule, coalesce(office, ''), coalesce(case_no, ''), coalesce(account, ''), coalesce(person_id, ''),
        coalesce(source, '')
    )), 16) as subject_id
from results.unknowns
where waits_for is null
group by rule, office, case_no, account, person_id, source
order by rule, office, subject_id
