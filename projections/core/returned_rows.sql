/*
title = "改正后重报的行"
why   = "Rows that came back from quarantine, with the import that rejected each of them first, what it said was done then, and which of that it was rejected for. Null where nobody knows: the log says so only of rows that were rejected since it does."
*/
with recursive

returned as (
    select
        import_no,
        unnest(resubmits) as entry
    from staging.imports
),

numbered as (
    select
        import_no,
        entry,
        unnest(range(1, len(entry.as_row_nos) + 1)) as place
    from returned
),

steps_back as (
    select
        import_no,
        entry.as_row_nos[place] as row_no,
        entry.import_no as rejecting_no,
        trim(entry."table") as table_name,
        entry.row_nos[place] as rejected_row_no
    from numbered
    where entry.as_row_nos[place] > 0
),

-- One that is rejected once more is the same row, at its new place.
chains as (
    select import_no, row_no, rejecting_no, table_name, rejected_row_no from steps_back

    union

    select c.import_no, c.row_no, b.rejecting_no, b.table_name, b.rejected_row_no
    from chains as c
    inner join steps_back as b on c.rejecting_no = b.import_no and c.rejected_row_no = b.row_no
),

firsts as (
    select
        import_no,
        row_no,
        min(rejecting_no) as rejecting_no
    from chains
    group by import_no, row_no
)

select
    c.import_no,
    c.row_no,
    c.rejecting_no,
    c.rejected_row_no,
    r.told,
    r.faults
from chains as c
inner join firsts as f on c.import_no = f.import_no and c.row_no = f.row_no and c.rejecting_no = f.rejecting_no
left join staging.rejected_rows as r
    on c.rejecting_no = r.import_no and c.table_name = trim(r.table_name) and c.rejected_row_no = r.row_no
