/*
title = "环节记录(日志原样)"
why   = "Unpacks step-recorded, step-altered and step-extended events; an altered version, and one that says more, is marked and never counts as the action. A case has one number, however its rows write it."
*/
-- A leap second is the minute that it begins. Of a time that cannot be read the day counts: no row of the log, which
-- keeps it for ever, may stop a night.
with

unpacked as (
    select
        position,
        topic,
        from_json(
            state,
            '{
                "action": {
                    "case_no": "VARCHAR", "office": "VARCHAR", "step": "VARCHAR", "node": "VARCHAR",
                    "result": "VARCHAR", "started_at": "VARCHAR", "occurred_at": "VARCHAR", "account": "VARCHAR",
                    "operator": "VARCHAR", "terminal": "VARCHAR", "registration_type": "VARCHAR",
                    "right_type": "VARCHAR", "applicant_kind": "VARCHAR", "channel": "VARCHAR",
                    "batch_no": "VARCHAR", "unit_no": "VARCHAR", "pause_kind": "VARCHAR", "reason": "VARCHAR",
                    "approver": "VARCHAR", "serial_no": "VARCHAR", "promised_at": "VARCHAR", "order_no": "VARCHAR",
                    "subtype": "VARCHAR", "matter": "VARCHAR"
                },
                "action_id": "VARCHAR", "import_no": "INTEGER", "part_no": "INTEGER", "row_no": "BIGINT"
            }'
        ) as event
    from log.pending
    where topic in ('step-recorded', 'step-altered', 'step-extended')
)

select
    position,
    topic = 'step-altered' as is_altered,
    topic = 'step-extended' as is_extended,
    event.action_id,
    event.import_no,
    coalesce(event.part_no, 1) as part_no,
    event.row_no,
    event.action.office,
    coalesce(shown, event.action.case_no) as case_no,
    event.action.step,
    event.action.node,
    event.action.result,
    coalesce(
        try_cast(event.action.occurred_at as timestamp),
        try_cast(replace(event.action.occurred_at, ':60', ':59') as timestamp) + interval 1 second,
        try_cast(left(event.action.occurred_at, 10) as timestamp)
    ) as occurred_at,
    case
        when length(event.action.occurred_at) = 10 then 'date'
        when try_cast(event.action.occurred_at as timestamp) is not null then 'time'
        when event.action.occurred_at like '%:60%' then 'time'
        else 'date'
    end as precision,
    coalesce(
        try_cast(event.action.started_at as timestamp),
        try_cast(replace(event.action.started_at, ':60', ':59') as timestamp) + interval 1 second
    ) as started_at,
    case when length(event.action.started_at) > 10 then 'time' when event.action.started_at is not null then 'date' end
        as started_precision,
    event.action.account,
    event.action.operator,
    event.action.terminal,
    event.action.registration_type,
    event.action.right_type,
    event.action.applicant_kind,
    event.action.channel,
    event.action.batch_no,
    event.action.unit_no,
    event.action.pause_kind,
    event.action.reason,
    event.action.approver,
    event.action.serial_no,
    coalesce(
        try_cast(event.action.promised_at as timestamp),
        try_cast(replace(event.action.promised_at, ':60', ':59') as timestamp) + interval 1 second
    ) as promised_at,
    try_cast(event.action.order_no as double) as order_no,
    event.action.subtype,
    event.action.matter
from unpacked
left join log.case_writings as w on event.action.office = w.office and event.action.case_no = w.case_no
