/*
title    = "可能补录的办件"
why      = "Cases with a step whose late entry would be told."
per_case = true
*/
select distinct
    office,
    case_no
from core.steps
where step in ('accept', 'review', 'book', 'pause', 'resume', 'withdraw', 'expedite', 'explain')
