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
left join staging.login_writings as w on s.office = w.office and s.account = w.account
left join staging.folds as t on s.terminal = t.writing
left join staging.folds as b on s.batch_no = b.writing
where not s.is_altered and not s.is_extended and s.occurred_at <= (select as_of from reference.run)
