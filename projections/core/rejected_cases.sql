/*
title = "有隔离行的办件"
why   = "Cases that a rejected row names which is neither corrected nor dismissed yet: whatever they seem to lack may stand in it."
*/
with

returned as (
    select unnest(resubmits) as entry
    from staging.imports
),

returned_rows as (
    select distinct
        entry.import_no,
        trim(entry."table") as table_name,
        unnest(entry.row_nos) as row_no
    from returned
),

dismissed as (
    select distinct import_no
    from staging.dismissals
),

open_rows as (
    select
        r.position,
        unnest(r.streams) as stream
    from staging.rejected_rows as r
    left join returned_rows as b
        on r.import_no = b.import_no and trim(r.table_name) = b.table_name and r.row_no = b.row_no
    left join dismissed as d on r.import_no = d.import_no
    where b.row_no is null and d.import_no is null
)

select
    regexp_extract(stream, '^case:([^/]*)/', 1) as office,
    regexp_extract(stream, '^case:[^/]*/(.*)$', 1) as case_no,
    count(*) as rejected_rows,
    min(position) as first_position
from open_rows
where stream like 'case:%'
group by 1, 2
