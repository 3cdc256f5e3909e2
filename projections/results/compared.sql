/*
title = "两次计算的差别"
why   = "The findings that two computations of one log do not share, or grade otherwise."
*/
select
    case
        when b.finding_id is null then 'appeared'
        when a.finding_id is null then 'disappeared'
        else 'changed'
    end as change,
    coalesce(a.rule, b.rule) as rule,
    coalesce(a.finding_id, b.finding_id) as finding_id,
    b.severity as severity_before,
    a.severity as severity_after,
    coalesce(a.office, b.office) as office,
    coalesce(a.case_no, b.case_no) as case_no,
    coalesce(a.account, b.account) as account,
    coalesce(a.person_id, b.person_id) as person_id,
    b.due_on as due_on_before,
    a.due_on as due_on_after,
    coalesce(a.summary, b.summary) as summary
from results.after as a
full outer join results.before as b on a.finding_id = b.finding_id
where a.finding_id is null or b.finding_id is null or a.severity <> b.severity
