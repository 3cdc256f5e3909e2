/*
title = "加急与说明"
why   = "What was put on record about the timing of a case, and whether it gives a reason."
per_case = true
*/
select
    s.office,
    s.case_no,
    s.step,
    s.precision,
    s.occurred_at,
    s.position,
    s.reason,
    coalesce(r.is_telling, false) as has_reason
from core.steps as s
left join core.reasons as r on s.position = r.position
where s.step in ('expedite', 'explain')
