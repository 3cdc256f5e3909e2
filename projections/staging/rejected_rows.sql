/*
title = "隔离的行(日志原样)"
why   = "Unpacks rows-rejected events: each rejected row, the streams that it may belong to and what it says was done, as far as it tells."
*/
with

unpacked as (
    select
        position,
        from_json(
            state,
            '{
                "import_no": "INTEGER", "table": "VARCHAR", "row_nos": ["BIGINT"], "streams": [["VARCHAR"]],
                "told": [[{
                    "office": "VARCHAR", "case_no": "VARCHAR", "step": "VARCHAR", "account": "VARCHAR",
                    "operator": "VARCHAR", "occurred_at": "VARCHAR"
                }]],
                "faults": [["VARCHAR"]]
            }'
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
    event.streams[place] as streams,
    event.told[place] as told,
    event.faults[place] as faults
from numbered
