/*
title = "统计:一日各时"
why   = "Acts of persons by office and hour of the day, on working days and on others; what has a date alone, and robots, left out."
*/
with

own as (
    select distinct calendar from main.workdays
)

select
    s.office,
    cast(extract(hour from s.occurred_at) as integer) as hour,
    w.is_workday,
    count(*) as acts
from main.steps as s
left join own on s.office = own.calendar
inner join main.workdays as w
    on coalesce(own.calendar, '*') = w.calendar and cast(s.occurred_at as date) = w.on_date
where s.precision = 'time' and s.evidence = 'recorded' and not s.is_robot
group by s.office, extract(hour from s.occurred_at), w.is_workday
order by s.office, hour, w.is_workday
