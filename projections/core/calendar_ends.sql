/*
title = "日历末日"
why   = "The first day of each published calendar, and how many working days it has: what lies behind its last day is not known."
*/
select
    calendar,
    min(on_date) as first_on,
    max(on_date) as last_on,
    max(ordinal) as last_ordinal
from core.workdays
group by calendar
