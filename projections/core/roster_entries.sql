/*
title = "名册记录"
why   = "Every entry that a roster import ever brought, with the day it arrived. Rows that were rejected and came back corrected belong to the roster that they were missing from, and to its day; brought_no is the import that they came in. A login and a person's number have one writing, the first."
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
        e.* replace (
            i.import_no as import_no,
            first_value(e.account)
                over (partition by lower(coalesce(a.folded, e.account)) order by e.position) as account,
            first_value(e.person_id) over (partition by coalesce(p.folded, e.person_id) order by e.position) as person_id
        ),
        e.import_no as brought_no,
        cast(i.imported_at as date) as arrived_on
    from staging.roster_entries as e
    left join staging.folds as a on e.account = a.writing
    left join staging.folds as p on e.person_id = p.writing
    left join corrections as c on e.import_no = c.import_no
    inner join staging.imports as i on i.import_no = coalesce(c.completed_no, e.import_no)
)

select
    position,
    import_no,
    brought_no,
    arrived_on,
    account,
    office,
    person_id,
    person_name,
    org_kind,
    post,
    section,
    valid_from,
    valid_to,
    valid_from is not null or valid_to is not null as is_dated,
    import_no = max(import_no) over () as is_latest
from entries
