/*
title = "账号使用人"
why   = "Who holds an account on a day: the roster entry in force, of the same office if there is one. Two holders are ambiguous: nobody; two kinds of office are none, and a robot beside a person is no robot."
per_key = ["used_on", "account", "office"]

[key_of]
"core.account_uses" = ["used_on", "account", "office"]
*/
select
    office,
    account,
    used_on,
    count(*) filter (where org_kind = 'robot') = count(*) as is_robot,
    case when count(distinct org_kind) = 1 and count(org_kind) = count(*) then min(org_kind) end as org_kind,
    case when count(distinct person_id) = 1 and count(person_id) = count(*) then min(person_id) end as person_id,
    case when count(distinct person_id) = 1 and count(person_id) = count(*) then min(person_name) end as person_name
from core.account_uses
where is_in_force
group by office, account, used_on
