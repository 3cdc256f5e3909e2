/*
title = "导入的表(日志原样)"
why   = "Unpacks the tables that an import read: which file of a folder each was, its name for people and from night to night, its rows."
*/
with

imports as (
    select
        cast(originator_version as integer) as import_no,
        from_json(
            state,
            '{
                "file_sha256": "VARCHAR", "strip_name_suffix": "BOOLEAN",
                "parts": [{"name": "VARCHAR", "table": "VARCHAR", "rows": "BIGINT", "file_sha256": "VARCHAR"}]
            }'
        ) as event
    from log.pending
    where topic = 'import-recorded'
),

numbered as (
    select
        import_no,
        event,
        unnest(range(1, greatest(len(event.parts), 1) + 1)) as part_no
    from imports
)

select
    import_no,
    cast(part_no as integer) as part_no,
    coalesce(event.parts[part_no].name, '') as table_name,
    coalesce(event.parts[part_no]."table", '') as standing_name,
    coalesce(event.parts[part_no].rows, 0) as data_rows,
    coalesce(event.parts[part_no].file_sha256, event.file_sha256) as file_sha256,
    event.strip_name_suffix
from numbered
