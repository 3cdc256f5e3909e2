/*
title = "位置不明的办件"
why   = "Cases of which nobody can tell where they stood in their queue: reviewed without an acceptance, or with a date alone where the office records times."
*/
with

doubts as (
    select
        d.*,
        d.is_missing or t.office is not null as is_unknown
    from core.queue_doubts as d
    inner join core.cases as c on d.office = c.office and d.case_no = c.case_no
    left join core.timed_steps as t
        on d.office = t.office and d.step = t.step and date_trunc('month', d.occurred_at) = t.month
    where d.is_missing or c.limit_class is not null
)

select
    -- A row of the case, and of no unit in any queue.
    min(position) as unit_id,
    office,
    case_no,
    any_value(accepted_at) as arrived_at,
    any_value(started_at) as started_at,
    min(occurred_at) as occurred_at,
    list_sort(
        list_distinct(
            list_filter(
                list_concat(array_agg(position), [any_value(accept_position), any_value(review_position)]),
                lambda number: number is not null
            )
        )
    ) as evidence
from doubts
group by office, case_no
having bool_or(is_unknown)
