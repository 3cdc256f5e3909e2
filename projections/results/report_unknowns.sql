/*
title = "报告:规则无法判断的"
why   = "Subjects that the rules cannot decide and that happened up to a day ($last), by rule and office (empty: of none); those that merely wait for a calendar or a delivery apart."
*/
select
    rule,
    max(rule_title) as title,
    coalesce(office, '') as office,
    count(*) as subjects,
    count(*) filter (where waits_for is not null) as waiting
from main.unknowns
where occurred_at is null or cast(occurred_at as date) <= $last
group by rule, coalesce(office, '')
order by rule, office
