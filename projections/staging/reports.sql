/*
title = "报告(日志原样)"
why   = "Unpacks report-made events; the version in their stream tells the report from its corrections and signatures."
*/
with

unpacked as (
    select
        position,
        originator_version,
        from_json(
            state,
            '{
                "kind": "VARCHAR", "period": "VARCHAR", "office": "VARCHAR", "reason": "VARCHAR",
                "declared": "VARCHAR", "files": {"json": "VARCHAR", "xlsx": "VARCHAR", "pdf": "VARCHAR"},
                "run_no": "INTEGER", "log_position": "BIGINT", "checkpoint": "VARCHAR", "made_at": "VARCHAR",
                "by": "VARCHAR", "person": "VARCHAR", "role": "VARCHAR"
            }'
        ) as event
    from log.pending
    where topic = 'report-made'
)

select
    position,
    event.period,
    event.office,
    event.kind,
    cast(originator_version as integer) as version,
    coalesce(event.declared, '') as declared,
    coalesce(event.reason, '') as reason,
    cast(event.made_at as timestamp) as made_at,
    coalesce(event."by", '') as made_by,
    coalesce(event.person, '') as person_id,
    coalesce(event.role, '') as role,
    event.run_no,
    event.log_position,
    event.checkpoint,
    event.files.json as json_sha256,
    event.files.xlsx as xlsx_sha256,
    event.files.pdf as pdf_sha256
from unpacked
