/*
title = "检查运行"
why   = "Every completed run: what it was computed from, what it found, and whether its night was withdrawn."
*/
with

withdrawn as (
    select * from staging.withdrawn_runs
)

select
    r.run_no,
    r.kind,
    r.as_of,
    r.night,
    r.log_position,
    r.profile,
    r.profile_sha256,
    r.calendar,
    r.rules,
    r.params,
    r.findings,
    r.findings_sha256,
    r.finished_at,
    w.run_no is not null as is_withdrawn,
    r.position
from staging.runs as r
left join withdrawn as w on r.run_no = w.run_no
