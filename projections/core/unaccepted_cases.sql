/*
title    = "没有受理记录的办件"
why      = "Cases that were reviewed, booked, certified or issued, and have no acceptance: no rule that needs one may pass them over."
per_case = true
*/
select
    office,
    case_no,
    min(occurred_at) as acted_at,
    list_sort(array_agg(position)) as evidence
from core.steps
where step in ('accept', 'review', 'book', 'certify', 'issue')
group by office, case_no
having count(*) filter (where step = 'accept') = 0
