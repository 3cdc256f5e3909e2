/*
title = "应到导出的日子"
why   = "For each source with a rhythm the last night up to this one by which it should have delivered, and whether that is tonight."
*/
with

run as (
    select as_of_on from reference.run
)

select
    s.source,
    max(w.on_date) as last_expected_on,
    max(w.on_date) = any_value(run.as_of_on) as is_tonight
from reference.sources as s
cross join run
inner join core.workdays as w
    on
        w.calendar = '*'
        and w.on_date between run.as_of_on - 400 and run.as_of_on
        and case when len(s.weekdays) = 0 then w.is_workday else list_contains(s.weekdays, isodow(w.on_date)) end
group by s.source
