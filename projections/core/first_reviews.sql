/*
title = "首次审核"
why   = "The review that a case's wait ends with. Times order the reviews of a day unless one of them is a date; then, and at equal times, their numbers do."
per_case = true
*/
with

reviews as (
    select
        office,
        case_no,
        person_id,
        is_robot,
        precision,
        evidence,
        order_no,
        position,
        case when started_precision = 'time' then started_at else occurred_at end as started_at
    from core.steps
    where step = 'review'
),

days as (
    select
        *,
        bool_or(precision = 'date') over (partition by office, case_no, cast(started_at as date)) as has_dates
    from reviews
),

ranked as (
    select
        *,
        row_number() over (
            partition by office, case_no
            order by cast(started_at as date), case when has_dates then order_no end, started_at, order_no, position
        ) as rank_no
    from days
)

select
    office,
    case_no,
    person_id,
    is_robot,
    precision,
    evidence,
    started_at,
    position
from ranked
where rank_no = 1
