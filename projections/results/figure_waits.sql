/*
title = "统计:各环节与各次交接的工作分钟"
why   = "Working minutes of each step that has a beginning (from_step null), and from the end of each step to the beginning of the next one of the case: median and 90th percentile by nearest rank, of each office and of all (office null). What has a date alone, or was made up at export, is left out; one step begun before the end of the other waited no time."
*/
with

worked as (
    select office, cast(null as varchar) as from_step, step as to_step, work_minutes as minutes
    from main.step_times
    where work_minutes is not null
    union all
    select office, from_step, to_step, wait_minutes as minutes
    from main.handovers
    where wait_minutes is not null
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
