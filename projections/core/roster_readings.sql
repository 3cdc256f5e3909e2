/*
title = "名册的读法"
why   = "The entries as they are read: all of them (reading 0), and for each account of which a roster changed what was said, those known without it (twice its import's number) and those known with it (one more). upto_no is the last import that a reading knows."
*/
with

entries as (
    select * from core.roster_entries
),

changes as (
    select * from core.roster_changes
    where not is_first
),

readings as (
    select account, office, 2 * brought_no as reading, brought_no - 1 as upto_no
    from changes
    union all
    select account, office, 2 * brought_no + 1 as reading, brought_no as upto_no
    from changes
)

select
    cast(0 as bigint) as reading,
    cast(null as bigint) as upto_no,
    entries.*
from entries

union all

select
    cast(readings.reading as bigint) as reading,
    cast(readings.upto_no as bigint) as upto_no,
    entries.*
from readings
inner join entries
    on
        readings.account = entries.account
        and readings.office is not distinct from entries.office
        and readings.upto_no >= entries.brought_no
