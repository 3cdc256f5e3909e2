/*
title = "操作的时间界限"
why   = "The earliest and latest moment at which an act can have been done: a time is itself, a date its whole day. One act is proven to be before another when its latest moment is before the other's earliest. A review made up at export says nothing about times."
view = true
per_case = true
*/
select
    office,
    case_no,
    step,
    result = 'approve' as is_approving,
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
        or (step in ('book', 'certify', 'issue', 'file') and result = 'approve')
        or (step = 'withdraw' and result not in ('return', 'reject', 'transfer'))
    )
