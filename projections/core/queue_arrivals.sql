/*
title = "入队"
why   = "When a case joined its queue: the last that made it join before its first review."
per_case = true
*/
with

joins as (
    select
        office,
        case_no,
        max(occurred_at) filter (where precision = 'time') as timed_at,
        max(occurred_at) filter (where precision = 'date') as dated_at,
        max(struct_pack(at := occurred_at, number := position)) filter (where precision = 'time') as last,
        max(struct_pack(at := occurred_at, number := position, person_id := coalesce(person_id, '')))
            filter (where step = 'assign') as given
    from core.queue_joins
    group by office, case_no
)

select
    j.office,
    j.case_no,
    j.timed_at as arrived_at,
    j.last.number as arrival_position,
    f.started_at,
    f.person_id as reviewer_id,
    coalesce(f.is_robot, false) as is_robot,
    nullif(j.given.person_id, '') as assigner_id,
    f.position as review_position
from joins as j
inner join core.case_attributes as a on j.office = a.office and j.case_no = a.case_no
left join core.first_reviews as f on j.office = f.office and j.case_no = f.case_no
where
    a.accept_position is not null
    and j.timed_at is not null
    -- A date on the same day or later leaves the order within the day open.
    and (j.dated_at is null or j.dated_at < cast(j.timed_at as date))
    and (f.precision is null or f.precision = 'time')
    -- Made up at export: the case was reviewed, nobody knows when.
    and (f.evidence is null or f.evidence = 'recorded')
    -- Reviewed before it was accepted: steps out of order, no evidence about the queue.
    and (f.started_at is null or f.started_at >= j.timed_at)
