/*
title = "读不到的表"
why   = "Tables that are known and that an import lacks, by office, until a later import of the source, with rows of those days, reads one: what their actions seem to be missing from the cases may stand in them. Cases that were told by an earlier import, which read the table, are not touched by it."
*/
with

imports as (
    select
        import_no,
        position,
        coalesce(source, '') as source,
        first_on,
        last_on,
        unnest(offices) as office
    from staging.imports
    where kind = 'steps' and coalesce(len(resubmits), 0) = 0
),

lacking as (
    select
        i.import_no,
        i.source,
        i.office,
        i.last_on,
        u.table_name,
        u.reason,
        coalesce(u.steps, []) as steps,
        unnest(u.standing_names) as standing_name
    from staging.unread_tables as u
    inner join imports as i on u.import_no = i.import_no
),

-- What people import by hand is of every source.
readings as (
    select
        i.import_no,
        i.position,
        i.source,
        i.office,
        i.first_on,
        p.standing_name
    from imports as i
    inner join staging.import_parts as p on i.import_no = p.import_no
    where p.data_rows > 0
),

-- An unread table may come under several names: any of them will do.
held as (
    select
        l.import_no,
        l.office,
        l.table_name,
        l.reason,
        l.steps,
        max(case when r.import_no < l.import_no then r.position else 0 end) as since_position,
        -- The table of a later day alone does not hold what this one did.
        max(case when r.import_no > l.import_no and coalesce(r.first_on <= l.last_on, true) then 1 else 0 end) as is_read
    from lacking as l
    left join readings as r
        on l.standing_name = r.standing_name and l.office = r.office and r.source in (l.source, '')
    group by l.import_no, l.office, l.table_name, l.reason, l.steps
)

select
    import_no,
    office,
    table_name,
    reason,
    steps,
    since_position
from held
where is_read = 0
