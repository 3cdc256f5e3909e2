/*
title = "账号名册"
why = "The roster in force: the entries of the latest roster import that brought any."
*/
with

entries as (
    select * from staging.roster_entries
),

latest as (
    select max(import_no) as import_no from entries
)

select
    entries.account,
    entries.person_id,
    entries.person_name,
    entries.office,
    entries.org_kind,
    entries.post,
    entries.valid_from,
    entries.valid_to
from entries
inner join latest on entries.import_no = latest.import_no
