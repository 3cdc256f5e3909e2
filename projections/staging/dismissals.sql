/*
title = "不再改正的隔离行(日志原样)"
why   = "Unpacks quarantine-dismissed events."
*/
with

unpacked as (
    select
        position,
        from_json(state, '{"dismissed_import_no": "INTEGER", "rows": "BIGINT"}') as event
    from log.pending
    where topic = 'quarantine-dismissed'
)

select
    position,
    event.dismissed_import_no as import_no,
    event.rows
from unpacked
