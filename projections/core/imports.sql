/*
title = "导入记录"
why   = "Every import with its counts, what it claims to cover, and how many of its rejected rows are still to be corrected."
*/
with

returned as (
    select unnest(resubmits) as entry
    from staging.imports
),

returned_rows as (
    select
        entry.import_no,
        entry."table" as table_name,
        unnest(entry.row_nos) as row_no
    from returned
),

returned_counts as (
    select
        import_no,
        count(*) as returned
    from (select distinct import_no, table_name, row_no from returned_rows)
    group by import_no
),

dismissed as (
    select distinct import_no
    from staging.dismissals
),

vanished as (
    select
        import_no,
        count(*) as vanished
    from staging.vanished_steps
    group by import_no
)

select
    i.import_no,
    i.kind,
    i.file_name,
    i.file_sha256,
    i.file_bytes,
    i.mapping,
    i.source,
    i.covers_from,
    i.covers_to,
    i.backfill,
    i.rows_read,
    i.appended,
    i.known,
    i.altered,
    coalesce(v.vanished, 0) as vanished,
    i.skipped,
    i.quarantined,
    case when d.import_no is null then greatest(i.quarantined - coalesce(r.returned, 0), 0) else 0 end
        as open_quarantined,
    i.settled,
    i.waiting,
    i.quarantine_file,
    i.offices,
    i.first_on,
    i.last_on,
    i.imported_at,
    i.position
from staging.imports as i
left join vanished as v on i.import_no = v.import_no
left join returned_counts as r on i.import_no = r.import_no
left join dismissed as d on i.import_no = d.import_no
