/*
title = "隔离的行(日志原样)"
why   = "Unpacks rows-rejected events: each rejected row, and the streams that it may belong to as far as it tells."
*/
with

unpacked as (
    select
        position,
        from_json(
            state,
            '{"import_no": "INTEGER", "table": "VARCHAR", "row_nos": ["BIGINT"], "streams": [["VARCHAR"]]}'
        ) as event
    from log.pending
    where topic = 'rows-rejected'
),

numbered as (
    select
        position,
        event,
        unnest(range(1, len(event.row_nos) + 1)) as place
    from unpacked
)

select
    position,
    event.import_no,
    event."table" as table_name,
    event.row_nos[place] as row_no,
    event.streams[place] as streams
from numbered
