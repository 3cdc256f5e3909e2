/*
title = "缺失的环节(日志原样)"
why   = "Unpacks step-vanished events."
*/
with

unpacked as (
    select
        position,
        from_json(
            state,
            '{
                "office": "VARCHAR", "case_no": "VARCHAR", "action_id": "VARCHAR", "step_position": "BIGINT",
                "import_no": "INTEGER"
            }'
        ) as event
    from log.pending
    where topic = 'step-vanished'
)

select
    position,
    event.office,
    event.case_no,
    event.action_id,
    event.step_position,
    event.import_no
from unpacked
