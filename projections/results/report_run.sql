/*
title = "报告:所依据的运行"
why   = "The run that is published: its as-of time, what it was computed from, and where the data of cases begins; how many rejected rows wait to be corrected."
*/
select
    r.run_no,
    r.kind,
    r.as_of,
    r.night,
    r.log_position,
    r.profile,
    r.profile_sha256,
    r.calendar,
    (select min(cast(c.accepted_at as date)) from main.cases as c) as begins_on,
    (select coalesce(cast(sum(i.open_quarantined) as bigint), 0) from main.imports as i) as rejected
from main.runs as r
where r.run_no = (select max(n.run_no) from main.runs as n)
