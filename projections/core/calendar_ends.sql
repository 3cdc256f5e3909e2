/*
title = "日历末日"
why   = "How many working days each published calendar has: what lies behind its last day is not known."
*/
select
    calendar,
    max(on_date) as last_on,
    max(ordinal) as last_ordinal
from core.workdays
group by calendar
