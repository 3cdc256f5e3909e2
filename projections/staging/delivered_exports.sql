/*
title = "恢复送达的导出(日志原样)"
why   = "Unpacks export-delivered events."
*/
with

unpacked as (
    select
        position,
        from_json(state, '{"source": "VARCHAR", "night": "VARCHAR"}') as event
    from log.pending
    where topic = 'export-delivered'
)

select
    position,
    event.source,
    cast(event.night as date) as night
from unpacked
