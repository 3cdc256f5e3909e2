/*
title = "统计:各环节与各次交接的工作分钟"
why   = "Working minutes of each step that has a beginning (from_step null), and from the end of each step to the beginning of the next one of the case: median and 90th percentile by nearest rank, of each office and of all (office null). What has a date alone, or was made up at export, is left out; one step begun before the end of the other waited no time."
*/
with

steps as (
    select
        s.office,
        s.step,
        s.occurred_at,
        coalesce(s.started_at, s.occurred_at) as begun_at,
        s.started_at is not null as has_beginning,
        lag(s.step) over of_case as from_step,
        lag(s.occurred_at) over of_case as from_at
    from main.steps as s
    where s.precision = 'time' and s.evidence = 'recorded'
    window of_case as (partition by s.office, s.case_no order by s.occurred_at, s.position)
),

spans as (
    select office, null as from_step, step as to_step, begun_at as from_at, occurred_at as to_at
    from steps
    where has_beginning
    union all
    select office, from_step, step as to_step, from_at, greatest(begun_at, from_at) as to_at
    from steps
    where from_step is not null
),

own as (
    select distinct calendar from main.workdays
),

worked as (
    select
        s.office,
        s.from_step,
        s.to_step,
        (
            t.micros_before + if(t.is_workday, greatest(least(epoch_us(s.to_at) - epoch_us(t.on_date), t.closes_1) - t.opens_1, 0)
            + greatest(least(epoch_us(s.to_at) - epoch_us(t.on_date), t.closes_2) - t.opens_2, 0), 0)
            - f.micros_before - if(f.is_workday, greatest(least(epoch_us(s.from_at) - epoch_us(f.on_date), f.closes_1) - f.opens_1, 0)
            + greatest(least(epoch_us(s.from_at) - epoch_us(f.on_date), f.closes_2) - f.opens_2, 0), 0)
        ) // 60000000 as minutes
    from spans as s
    left join own on s.office = own.calendar
    inner join main.workdays as f on coalesce(own.calendar, '*') = f.calendar and cast(s.from_at as date) = f.on_date
    inner join main.workdays as t on coalesce(own.calendar, '*') = t.calendar and cast(s.to_at as date) = t.on_date
),

counted as (
    select office, from_step, to_step, minutes, count(*) as times
    from worked
    group by office, from_step, to_step, minutes
),

ranked as (
    select
        *,
        sum(times) over (partition by office, from_step, to_step order by minutes) as upto,
        sum(times) over (partition by office, from_step, to_step) as total
    from (
        select * from counted
        union all
        select null as office, from_step, to_step, minutes, sum(times) as times
        from counted
        group by from_step, to_step, minutes
    )
)

select
    office, from_step, to_step,
    cast(max(total) as bigint) as times,
    cast(min(minutes) filter (where upto * 2 >= total) as bigint) as median_minutes,
    cast(min(minutes) filter (where upto * 10 >= total * 9) as bigint) as p90_minutes
from ranked
group by office, from_step, to_step
order by office, from_step, to_step
