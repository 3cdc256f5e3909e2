/*
title = "检查运行记录(日志原样)"
why   = "Unpacks run-completed events; the version in their stream is the run number."
*/
with

unpacked as (
    select
        position,
        originator_version,
        from_json(
            state,
            '{
                "kind": "VARCHAR", "as_of": "VARCHAR", "night": "VARCHAR", "log_position": "BIGINT",
                "profile": "VARCHAR", "profile_sha256": "VARCHAR", "calendar": "VARCHAR",
                "findings_sha256": "VARCHAR", "findings": "BIGINT", "finished_at": "VARCHAR"
            }'
        ) as event,
        state -> '$.rules' as rules,
        state -> '$.params' as params
    from log.pending
    where topic = 'run-completed'
)

select
    position,
    cast(originator_version as integer) as run_no,
    event.kind,
    cast(event.as_of as timestamp) as as_of,
    cast(event.night as date) as night,
    event.log_position,
    event.profile,
    event.profile_sha256,
    event.calendar,
    cast(rules as varchar) as rules,
    cast(params as varchar) as params,
    event.findings,
    event.findings_sha256,
    cast(event.finished_at as timestamp) as finished_at
from unpacked
