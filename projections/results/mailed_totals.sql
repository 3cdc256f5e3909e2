/*
title = "一个机构的邮件所列的数字"
why   = "The figures of an office ($office; $is_all: of all together) at the as-of time, and of its day ($night)."
*/
select
    count(*) filter (where cast(accepted_at as date) = $night) as accepted_that_day,
    count(*) filter (where cast(booked_at as date) = $night) as booked_that_day,
    count(*) filter (where state <> 'closed') as open_cases,
    count(*) filter (where state = 'paused') as paused_cases,
    count(*) filter (where due_state = 'provisional') as provisional_cases
from core.cases
where $is_all or office = $office
