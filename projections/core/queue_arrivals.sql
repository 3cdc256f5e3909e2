/*
title = "入队"
why   = "When a case joined its queue: the latest of acceptance, last assign and last resume before its first review."
per_case = true
*/
with

first_reviews as (
    select * from core.first_reviews
),

returns as (
    select
        office,
        case_no,
        min(occurred_at) as returned_at
    from core.steps
    where step = 'return'
    group by office, case_no
),

-- A second acceptance counts only after a return: then the case queues anew.
arrivals as (
    select
        s.office,
        s.case_no,
        max(s.occurred_at) filter (where s.precision = 'time') as timed_at,
        max(s.occurred_at) filter (where s.precision = 'date') as dated_at,
        max(struct_pack(at := s.occurred_at, number := s.position)) filter (where s.precision = 'time') as last,
        max(struct_pack(at := s.occurred_at, number := s.position, person_id := coalesce(s.person_id, '')))
            filter (where s.step = 'assign') as given
    from core.steps as s
    inner join core.case_attributes as a on s.office = a.office and s.case_no = a.case_no
    left join first_reviews as f on s.office = f.office and s.case_no = f.case_no
    left join returns as r on s.office = r.office and s.case_no = r.case_no
    where
        s.position = a.accept_position
        or (
            (s.step in ('assign', 'resume') or (s.step = 'accept' and s.occurred_at > r.returned_at))
            and (f.started_at is null or s.occurred_at <= f.started_at)
        )
    group by s.office, s.case_no
)

select
    a.office,
    a.case_no,
    a.timed_at as arrived_at,
    a.last.number as arrival_position,
    f.started_at,
    f.person_id as reviewer_id,
    coalesce(f.is_robot, false) as is_robot,
    nullif(a.given.person_id, '') as assigner_id,
    f.position as review_position
from arrivals as a
left join first_reviews as f on a.office = f.office and a.case_no = f.case_no
where
    a.timed_at is not null
    -- A date on the same day or later leaves the order within the day open.
    and (a.dated_at is null or a.dated_at < cast(a.timed_at as date))
    and (f.precision is null or f.precision = 'time')
    -- Made up at export: the case was reviewed, nobody knows when.
    and (f.evidence is null or f.evidence = 'recorded')
    -- Reviewed before it was accepted: steps out of order, no evidence about the queue.
    and (f.started_at is null or f.started_at >= a.timed_at)
