/*
title = "邮件送达记录(日志原样)"
why   = "Unpacks mail-sent events."
*/
with

unpacked as (
    select
        position,
        from_json(
            state,
            '{
                "message_id": "VARCHAR", "office": "VARCHAR", "night": "VARCHAR", "subject": "VARCHAR",
                "recipients": ["VARCHAR"], "delivery": "VARCHAR", "sent_at": "VARCHAR"
            }'
        ) as event
    from log.pending
    where topic = 'mail-sent'
)

select
    position,
    event.message_id,
    event.office,
    cast(event.night as date) as night,
    event.subject,
    event.recipients,
    event.delivery,
    cast(event.sent_at as timestamp) as sent_at
from unpacked
