/*
title = "邮件所列问题涉及的人员"
why   = "Who had to do with each of some findings ($findings), and as what; the answerable person first."
*/
select
    finding_id,
    person_name as name,
    array_agg(distinct role) as roles,
    bool_or(is_answerable) as is_answerable
from results.finding_persons
where finding_id in (select unnest($findings)) and person_name is not null
group by finding_id, person_id, person_name
order by finding_id, is_answerable desc, name
