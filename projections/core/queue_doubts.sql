/*
title = "排队存疑的环节"
why   = "What keeps a case out of its queue though it may have stood there: a review without an acceptance, or the dates without a time that would have told its place."
per_case = true
*/
with

attributes as (
    select * from core.case_attributes
),

timed as (
    select office, case_no, max(occurred_at) as timed_at
    from core.queue_joins
    where precision = 'time'
    group by office, case_no
),

doubts as (
    select
        f.office,
        f.case_no,
        f.position,
        'accept' as step,
        f.started_at as occurred_at,
        true as is_missing
    from core.first_reviews as f
    inner join attributes as a on f.office = a.office and f.case_no = a.case_no
    where a.accept_position is null

    union all

    select
        f.office,
        f.case_no,
        f.position,
        'review' as step,
        f.started_at as occurred_at,
        false as is_missing
    from core.first_reviews as f
    inner join attributes as a on f.office = a.office and f.case_no = a.case_no
    where a.accept_position is not null and f.precision = 'date' and f.evidence = 'recorded'

    union all

    select
        j.office,
        j.case_no,
        j.position,
        j.step,
        j.occurred_at,
        false as is_missing
    from core.queue_joins as j
    inner join attributes as a on j.office = a.office and j.case_no = a.case_no
    left join timed as t on j.office = t.office and j.case_no = t.case_no
    where a.accept_position is not null and j.precision = 'date' and coalesce(j.occurred_at >= cast(t.timed_at as date), true)
)

select
    d.office, d.case_no, d.position, d.step, d.occurred_at, d.is_missing,
    a.accept_position,
    a.accepted_at,
    f.position as review_position,
    f.started_at
from doubts as d
inner join attributes as a on d.office = a.office and d.case_no = a.case_no
left join core.first_reviews as f on d.office = f.office and d.case_no = f.case_no
where
    d.is_missing
    or f.evidence is null
    or (
        f.evidence = 'recorded'
        -- Reviewed before it was accepted: steps out of order.
        and a.accepted_at <= case
            when f.precision = 'date' then cast(cast(f.started_at as date) as timestamp) + interval 1 day else f.started_at
        end
    )
