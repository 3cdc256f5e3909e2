/*
title = "环节的用时"
why   = "The working minutes of each action from its beginning to its end, of those that tell when they were begun."
per_case = true
*/
select
    position,
    office,
    case_no,
    step,
    person_id,
    started_at,
    occurred_at,
    cast(floor(greatest(done_micros - begun_micros, 0) / 60000000) as bigint) as work_minutes
from core.work_moments
where started_at is not null
