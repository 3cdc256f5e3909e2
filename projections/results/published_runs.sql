/*
title = "检查运行,连同本次"
why   = "The runs in the log, and this one, whose event is not appended yet."
*/
select
    run_no, kind, as_of, night, log_position, profile, profile_sha256, calendar, rules, params, findings,
    findings_sha256, finished_at, is_withdrawn
from core.runs
union all
select
    $run_no, $kind, cast($as_of as timestamp), cast($night as date), $log_position, $profile, $profile_sha256,
    $calendar, $rules, $params, $findings, $findings_sha256, cast($finished_at as timestamp), false
