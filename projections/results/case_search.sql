/*
title = "查找办件"
why   = "Cases of some offices ($offices) whose number, batch or unit is, or whose number begins with, what was typed ($text; empty: all), in a state ($state; late: open beyond its due day) and of a class of limits ($class), the earliest accepted first; where $is_chosen, only those named ($chosen, each OFFICE/CASE_NO)."
*/
with

as_of as (
    select max_by(night, run_no) as night from main.runs
)

select
    c.office, c.case_no, c.registration_title, c.batch_no, c.unit_no, c.limit_class, c.accepted_at, c.closed_at,
    c.close_kind, c.state, c.due_on, c.due_state, c.used_days, c.remaining_days,
    count(*) over () as total
from main.cases as c
cross join as_of
where
    list_contains($offices, c.office)
    and (
        $text = ''
        -- As a range of numbers, which costs half of what looking at the beginning of each does.
        or (c.case_no >= $text and c.case_no < $text || chr(1114111))
        or c.batch_no = $text
        or c.unit_no = $text
    )
    and (
        $state = ''
        or c.state = $state
        or ($state = 'late' and c.state <> 'closed' and c.due_state = 'fixed' and c.due_on < as_of.night)
    )
    and ($class = '' or c.limit_class = $class)
    and (not $is_chosen or c.office || '/' || c.case_no in (select unnest($chosen)))
order by c.accepted_at nulls last, c.office, c.case_no
limit $most offset $skipped
