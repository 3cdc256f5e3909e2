/*
title = "有效环节"
why = "Actions up to the as-of time, in the version that was recorded first. A login has one writing; terminals and batch numbers stand as they are compared."
view = true
per_case = true
*/
select
    s.* replace (
        coalesce(w.shown, s.account) as account,
        coalesce(t.folded, s.terminal) as terminal,
        coalesce(b.folded, s.batch_no) as batch_no
    )
from staging.steps as s
cross join reference.run as r
left join staging.login_writings as w on s.office = w.office and s.account = w.account
left join staging.folds as t on s.terminal = t.writing
left join staging.folds as b on s.batch_no = b.writing
-- No bare comparison: planners take that for one that leaves few rows, and build their tables of all of them.
where not s.is_altered and not s.is_extended and coalesce(s.occurred_at <= r.as_of, false)
