/*
title = "名册记录"
why   = "Every entry that a roster import ever brought, with the day it arrived. Of several rosters on one day the last that names an account counts: the others were corrected before a night knew them."
*/
with

entries as (
    select
        e.*,
        cast(i.imported_at as date) as arrived_on
    from staging.roster_entries as e
    inner join staging.imports as i on e.import_no = i.import_no
),

numbered as (
    select
        *,
        max(import_no) over (partition by account, office, arrived_on) as last_of_day
    from entries
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
    import_no = max(import_no) over () as is_latest
from numbered
where import_no = last_of_day
