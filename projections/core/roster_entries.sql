/*
title = "名册记录"
why   = "Every entry that a roster import ever brought, with the day it arrived."
*/
with

entries as (
    select
        e.*,
        cast(i.imported_at as date) as arrived_on
    from staging.roster_entries as e
    inner join staging.imports as i on e.import_no = i.import_no
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
