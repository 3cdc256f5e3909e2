/*
title = "操作的时间界限"
why   = "The earliest and latest moment at which an act can have been done: a time is itself, a date its whole day. One act is proven to be before another when its latest moment is before the other's earliest. Acts that took effect, and all reviews; of one whose result nobody knows (is_unsure) it is open. A review made up at export says nothing about times."
view = true
per_case = true
*/
select
    office,
    case_no,
    step,
    result = 'approve' or step in ('accept', 'refuse', 'withdraw') as is_effective,
    is_unsure and step not in ('accept', 'refuse', 'withdraw') as is_unsure,
    position,
    precision,
    occurred_at,
    occurred_at as from_at,
    until_at
from core.steps
where
    evidence = 'recorded'
    and (
        step in ('accept', 'review')
        or (step in ('book', 'certify', 'issue', 'file') and (result = 'approve' or is_unsure))
        or (step = 'refuse' and result not in ('return', 'transfer'))
        or (step = 'withdraw' and result not in ('return', 'reject', 'transfer'))
    )
