/*
title = "有效环节"
why = "Actions up to the as-of time, in the version that was recorded first."
view = true
per_case = true
*/
select *
from staging.steps
where not is_altered and occurred_at <= (select as_of from reference.run)
