/*
title = "有效环节"
why = "Actions up to the as-of time, in the version that was recorded first. A login has one writing."
view = true
per_case = true
*/
select s.* replace (coalesce(w.shown, s.account) as account)
from staging.steps as s
left join staging.login_writings as w on s.office = w.office and s.account = w.account
where not s.is_altered and s.occurred_at <= (select as_of from reference.run)
