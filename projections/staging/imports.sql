/*
title = "导入记录(日志原样)"
why   = "Unpacks import-recorded events; the version in their stream is the import number."
*/
with

unpacked as (
    select
        position,
        originator_version,
        from_json(
            state,
            '{
                "kind": "VARCHAR", "file_name": "VARCHAR", "file_sha256": "VARCHAR", "file_bytes": "BIGINT",
                "mapping": "VARCHAR", "strip_name_suffix": "BOOLEAN", "rows_read": "BIGINT",
                "appended": "BIGINT", "known": "BIGINT", "altered": "BIGINT", "quarantined": "BIGINT",
                "quarantine_file": "VARCHAR", "offices": ["VARCHAR"], "first_on": "VARCHAR",
                "last_on": "VARCHAR", "imported_at": "VARCHAR", "settled": "BIGINT", "waiting": "BIGINT",
                "skipped": "BIGINT", "source": "VARCHAR", "covers_from": "VARCHAR", "covers_to": "VARCHAR",
                "delivers": "VARCHAR", "backfill": "VARCHAR",
                "resubmits": [{"import_no": "INTEGER", "table": "VARCHAR", "row_nos": ["BIGINT"], "as_row_nos": ["BIGINT"]}]
            }'
        ) as event
    from log.pending
    where topic = 'import-recorded'
)

select
    position,
    cast(originator_version as integer) as import_no,
    event.kind,
    event.file_name,
    event.file_sha256,
    event.file_bytes,
    event.mapping,
    event.strip_name_suffix,
    event.rows_read,
    event.appended,
    event.known,
    event.altered,
    event.quarantined,
    event.quarantine_file,
    coalesce(event.settled, 0) as settled,
    coalesce(event.waiting, 0) as waiting,
    coalesce(event.skipped, 0) as skipped,
    event.source,
    cast(event.covers_from as date) as covers_from,
    cast(event.covers_to as date) as covers_to,
    coalesce(event.delivers = 'closed', false) as is_of_closed,
    event.backfill,
    event.resubmits,
    event.offices,
    cast(event.first_on as date) as first_on,
    cast(event.last_on as date) as last_on,
    cast(event.imported_at as timestamp) as imported_at
from unpacked
