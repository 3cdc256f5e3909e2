/*
title = "报告:期末在办"
why   = "Cases that were accepted and not closed at the end of each of some days ($ends), by office and class of limit: all of them, those past their due day, those whose clock stands, and those whose due day nobody knows."
*/
with

ends as (
    select unnest(cast($ends as date[])) as on_date
),

told as (
    select
        office,
        coalesce(limit_class, '') as limit_class,
        cast(accepted_at as date) as accepted_on,
        cast(closed_at as date) as closed_on,
        due_on,
        due_state
    from main.cases
    where accepted_at is not null
)

select
    t.office,
    t.limit_class,
    e.on_date,
    count(*) as still_open,
    count(*) filter (where t.due_state = 'fixed' and t.due_on <= e.on_date) as late,
    count(*) filter (where t.due_state = 'paused') as paused,
    count(*) filter (where t.due_state in ('none', 'provisional')) as unknown
from told as t
inner join ends as e on t.accepted_on <= e.on_date and (t.closed_on is null or t.closed_on > e.on_date)
group by t.office, t.limit_class, e.on_date
order by t.office, t.limit_class, e.on_date
