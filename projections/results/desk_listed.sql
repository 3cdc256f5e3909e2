/*
title = "历史存量所列的问题"
why   = "The findings of a collective entry ($ids), as they are published, in order of time."
*/
select
    finding_id, office, case_no, account, person_id, summary,
    coalesce(cast(occurred_at as date), due_on) as occurred_on
from main.findings
where finding_id in (select unnest(cast($ids as varchar[])))
order by occurred_on nulls last, case_no, finding_id
