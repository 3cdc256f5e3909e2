/*
title = "导出时生成的审核"
why = "A case's only review, by the very person who booked, begun and ended at the instant of booking: made up at export, it says nothing of who reviewed or when. Dates alone are equal too easily to show that."
per_case = true
*/
with

acts as (
    select
        office,
        case_no,
        position,
        step,
        result,
        started_at,
        started_precision,
        occurred_at,
        precision,
        case when not is_robot then coalesce(person_id, account) end as actor
    from core.attributed_actions
    where step in ('review', 'book')
),

only_reviews as (
    select
        office,
        case_no,
        min(position) as position,
        min(actor) as actor,
        min(occurred_at) as occurred_at
    from acts
    where step = 'review'
    group by office, case_no
    having
        count(*) = 1
        and bool_and(precision = 'time' and started_precision = 'time' and started_at = occurred_at)
)

select distinct
    r.position,
    r.office,
    r.case_no
from only_reviews as r
inner join acts as b
    on
        r.office = b.office
        and r.case_no = b.case_no
        and r.actor = b.actor
        and r.occurred_at = b.occurred_at
where b.step = 'book' and b.result = 'approve' and b.precision = 'time'
