/*
title = "统计:办件用了多少个工作日"
why   = "How many cases took how many counted working days, by office, class of limit and month of closing; withdrawals, and cases whose days nobody can count, left out."
*/
select
    office,
    coalesce(limit_class, '') as limit_class,
    cast(date_trunc('month', closed_at) as date) as month,
    used_days as days,
    count(*) as cases
from main.cases
where closed_at is not null and close_kind <> 'withdraw' and used_days is not null
group by office, coalesce(limit_class, ''), date_trunc('month', closed_at), used_days
order by office, limit_class, month, days
