/*
title = "加急与说明"
why   = "What was put on record about the timing of a case."
per_case = true
*/
select
    office,
    case_no,
    step,
    precision,
    occurred_at,
    position,
    reason
from core.steps
where step in ('expedite', 'explain')
