/*
title = "机构无操作(日志原样)"
why   = "Unpacks office-silent events."
*/
with

unpacked as (
    select
        position,
        from_json(state, '{"office": "VARCHAR", "night": "VARCHAR", "last_on": "VARCHAR"}') as event
    from log.pending
    where topic = 'office-silent'
)

select
    position,
    event.office,
    cast(event.night as date) as night,
    cast(event.last_on as date) as last_on
from unpacked
