/*
title = "一人各月办理的"
why   = "What a person ($person) did at some offices ($offices) by month and step."
*/
select
    cast(date_trunc('month', occurred_at) as date) as month,
    step,
    count(*) as acts
from main.steps
where person_id = $person and list_contains($offices, office) and evidence = 'recorded'
group by date_trunc('month', occurred_at), step
order by month, step
