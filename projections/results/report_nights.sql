/*
title = "报告:工作日的夜间作业"
why   = "The working days between two days ($first, $last) of every calendar, each with the run that counts for it (null: none, or withdrawn), its light and its reasons."
*/
with

runs as (
    select
        night,
        max(run_no) as run_no
    from main.runs
    where kind = 'nightly' and not is_withdrawn
    group by night
),

lights as (
    select
        night,
        arg_max(light, (ran_at, run_no)) as light,
        arg_max(because, (ran_at, run_no)) as because
    from main.nights
    where not is_withdrawn
    group by night
)

select
    d.calendar,
    d.on_date,
    r.run_no,
    l.light,
    l.because
from main.workdays as d
left join runs as r on d.on_date = r.night
left join lights as l on d.on_date = l.night
where d.is_workday and d.on_date between $first and $last
order by d.calendar, d.on_date
