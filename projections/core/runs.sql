/*
title = "检查运行"
why   = "Every completed run: what it was computed from and what it found."
*/
select
    run_no,
    kind,
    as_of,
    night,
    log_position,
    profile,
    profile_sha256,
    calendar,
    rules,
    params,
    findings,
    findings_sha256,
    finished_at,
    position
from staging.runs
