/*
title = "账号在册时段"
why   = "Who held an account from which day to which, by the roster in force on those days."
*/
select
    from_on,
    to_on,
    account,
    office,
    person_id,
    person_name,
    org_kind,
    post,
    section,
    position
from core.reading_terms
where reading = 0
