/*
title = "统计:规则的差错"
why   = "What became of the entries of each rule and office that were judged: an entry that was held to be unfounded, or whose judgement was quashed, is the rule's own error or the post's. Entries that rest, were referred, or were taken back with their night are not counted."
*/
select
    rule,
    max(title) as title,
    office,
    count(*) as entries,
    count(*) filter (
        where state in ('upheld', 'rectifying', 'rectified', 'passed', 'struck')
    ) as upheld,
    count(*) filter (where state = 'excused') as excused,
    count(*) filter (where state = 'unfounded') as unfounded,
    count(*) filter (where state = 'quashed') as quashed,
    count(*) filter (where state in ('listed', 'assigned', 'disputed', 'answered')) as waiting
from main.ledger_entries
where coalesce(rule, '') <> '' and state not in ('referred', 'voided', 'suspended')
group by rule, office
order by rule, office
