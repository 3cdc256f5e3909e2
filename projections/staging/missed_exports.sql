/*
title = "导出缺失(日志原样)"
why   = "Unpacks export-missed events."
*/
with

unpacked as (
    select
        position,
        from_json(
            state,
            '{"source": "VARCHAR", "office": "VARCHAR", "night": "VARCHAR", "due": "VARCHAR"}'
        ) as event
    from log.pending
    where topic = 'export-missed'
)

select
    position,
    event.source,
    event.office,
    cast(event.night as date) as night,
    event.due
from unpacked
