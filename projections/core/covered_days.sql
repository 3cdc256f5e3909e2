/*
title = "声明涵盖的日子"
why   = "Days with actions of an office of which some export declared to hold every action."
*/
with

moments as (
    select
        office,
        cast(occurred_at as date) as on_date,
        cast(null as date) as covers_to,
        1 as is_day
    from core.steps
    group by office, cast(occurred_at as date)

    union all

    select
        unnest(offices) as office,
        covers_from as on_date,
        covers_to,
        0 as is_day
    from core.imports
    where covers_from is not null and kind = 'steps'
),

-- A day is covered when one of the periods begun by then reaches it.
reached as (
    select
        *,
        max(covers_to) over (
            partition by office
            order by on_date, is_day
            rows between unbounded preceding and current row
        ) as covered_to
    from moments
)

select
    office,
    on_date
from reached
where is_day = 1 and covered_to >= on_date
