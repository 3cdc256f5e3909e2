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
    u.position,
    u.event.office,
    coalesce(w.shown, u.event.case_no) as case_no,
    u.event.action_id,
    u.event.step_position,
    u.event.import_no
from unpacked as u
left join log.case_writings as w on u.event.office = w.office and u.event.case_no = w.case_no
