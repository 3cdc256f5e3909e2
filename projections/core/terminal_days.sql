/*
title = "账号所用终端"
why   = "Each day of an account in an office that records terminals, and whether it was on several or on some that are blank: only such days can hold a change. Robots, dates without a time and rows made up at export tell nothing."
*/
with

days as (
    select
        office,
        account,
        cast(occurred_at as date) as on_date,
        count(terminal) as told,
        coalesce(min(terminal) < max(terminal), false) or count(terminal) < count(*) as is_mixed
    from core.steps
    where account is not null and not is_robot and precision = 'time' and evidence = 'recorded'
    group by office, account, cast(occurred_at as date)
),

telling as (
    select distinct office from days where told > 0
)

select
    days.office,
    days.account,
    days.on_date,
    days.is_mixed
from days
inner join telling on days.office = telling.office
