/*
title = "名册记录"
why   = "Every entry that a roster import ever brought, with the day it arrived. Rows that were rejected and came back corrected belong to the roster that they were missing from, and to its day."
*/
with

corrections as (
    select
        import_no,
        min(resubmitted.import_no) as completed_no
    from (
        select
            import_no,
            unnest(resubmits) as resubmitted
        from staging.imports
        where kind = 'roster'
    )
    group by import_no
),

entries as (
    select
        e.* replace (i.import_no as import_no),
        cast(i.imported_at as date) as arrived_on
    from staging.roster_entries as e
    left join corrections as c on e.import_no = c.import_no
    inner join staging.imports as i on i.import_no = coalesce(c.completed_no, e.import_no)
)

select
    position,
    import_no,
    arrived_on,
    account,
    office,
    person_id,
    person_name,
    org_kind,
    post,
    valid_from,
    valid_to,
    valid_from is not null or valid_to is not null as is_dated,
    import_no = max(import_no) over () as is_latest
from entries
