/*
title = "入队的环节"
why   = "What makes a case join its queue, or join it anew, before its first review: acceptance, another one after a return, assignment where cases are dispatched to persons, and the end of a lawful pause that lasted. Where the hour would decide and only the day is known, the precision is date."
per_case = true
*/
with

first_reviews as (
    select * from core.first_reviews
),

returns as (
    select office, case_no, min(occurred_at) as returned_at
    from core.steps
    where step = 'return'
    group by office, case_no
),

resumes as (
    select * from core.steps
    where step = 'resume'
),

-- Of a pause within one day the working time, in microseconds.
ended as (
    select
        p.office,
        p.case_no,
        p.position as pause_position,
        p.precision as pause_precision,
        r.position,
        r.precision,
        r.occurred_at,
        cast(p.resumed_at as date) > cast(p.paused_at as date) as is_later_day,
        greatest(
            least(epoch_us(r.occurred_at) - epoch_us(d.on_date), d.closes_1)
            - greatest(epoch_us(p.paused_at) - epoch_us(d.on_date), d.opens_1),
            0
        )
        + greatest(
            least(epoch_us(r.occurred_at) - epoch_us(d.on_date), d.closes_2)
            - greatest(epoch_us(p.paused_at) - epoch_us(d.on_date), d.opens_2),
            0
        ) as worked_micros
    from core.pauses as p
    inner join resumes as r on p.office = r.office and p.case_no = r.case_no and p.resumed_at = r.occurred_at
    left join reference.offices as o on p.office = o.office
    left join core.workdays as d
        on coalesce(o.calendar, '*') = d.calendar and cast(p.paused_at as date) = d.on_date and d.is_workday
    where p.is_lawful and not p.is_after_finish
),

joins as (
    select s.office, s.case_no, s.position, s.step, s.precision, s.occurred_at, s.person_id
    from core.steps as s
    cross join reference.profile as profile
    inner join core.case_attributes as a on s.office = a.office and s.case_no = a.case_no
    left join returns as r on s.office = r.office and s.case_no = r.case_no
    where
        s.position = a.accept_position
        -- A second acceptance counts only after a return: then the case queues anew.
        or (s.step = 'accept' and s.occurred_at > r.returned_at)
        or (s.step = 'assign' and profile.dispatch = 'assigned')

    union all

    select e.office, e.case_no, e.position, 'resume' as step, e.precision, e.occurred_at, null as person_id
    from ended as e
    cross join params.queue_jump as p
    where
        e.is_later_day or e.precision = 'date' or (e.pause_precision = 'time' and e.worked_micros >= p.pause_minutes * 60000000)

    union all

    -- Ended at a known hour of the day on which it began at an unknown one.
    select office, case_no, pause_position, 'pause' as step, 'date' as precision, cast(occurred_at as date), null as person_id
    from ended
    where not is_later_day and pause_precision = 'date' and precision = 'time'
)

select distinct j.*
from joins as j
inner join core.case_attributes as a on j.office = a.office and j.case_no = a.case_no
left join first_reviews as f on j.office = f.office and j.case_no = f.case_no
where f.started_at is null or j.occurred_at <= f.started_at or j.position = a.accept_position
