/*
title = "交接"
why   = "From the end of each action of a case to the beginning of the next one, with the working minutes that the case waited in between. An action with a date alone, or made up at export, has no place in the order of the day: the row goes from the one before it to the one behind it. One begun before the end of the other waited no time."
per_case = true
*/
with

acts as (
    select
        *,
        coalesce(started_at, occurred_at) as taken_at,
        case when started_at is null then done_micros else begun_micros end as taken_micros,
        lag(position) over of_case as from_position,
        lag(step) over of_case as from_step,
        lag(occurred_at) over of_case as from_at,
        lag(person_id) over of_case as from_person,
        lag(done_micros) over of_case as from_micros
    from core.work_moments
    window of_case as (partition by office, case_no order by occurred_at, position)
)

select
    office,
    case_no,
    from_position,
    position as to_position,
    from_step,
    step as to_step,
    from_at,
    taken_at as to_at,
    from_person,
    person_id as to_person,
    cast(floor(greatest(taken_micros - from_micros, 0) / 60000000) as bigint) as wait_minutes
from acts
where from_position is not null
