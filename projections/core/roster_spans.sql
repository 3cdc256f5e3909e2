/*
title = "名册时段"
why   = "For each reading and each account of an office the spans of days within which no roster and no date in one changes anything, with the roster that had arrived last before they began (0 is none)."
*/
with

entries as (
    select * from core.roster_readings
),

arrivals as (
    select distinct
        r.reading,
        e.import_no,
        e.arrived_on
    from (select distinct reading, upto_no from entries) as r
    inner join core.roster_entries as e on coalesce(r.upto_no >= e.brought_no, true)
),

points as (
    select reading, account, office, date '0001-01-01' as from_on from entries
    union
    select reading, account, office, valid_from from entries where valid_from is not null
    union
    select reading, account, office, valid_to + 1 from entries where valid_to is not null
    union
    select e.reading, e.account, e.office, a.arrived_on + 1
    from (select distinct reading, account, office from entries) as e
    inner join arrivals as a on e.reading = a.reading
),

standing as (
    select
        days.reading,
        days.from_on,
        coalesce(max(a.import_no), 0) as import_no
    from (select distinct reading, from_on from points) as days
    left join arrivals as a on days.reading = a.reading and days.from_on > a.arrived_on
    group by days.reading, days.from_on
)

select
    p.reading,
    p.account,
    p.office,
    p.from_on,
    lead(p.from_on) over (partition by p.reading, p.account, p.office order by p.from_on) - 1 as to_on,
    s.import_no as standing_no
from points as p
inner join standing as s on p.reading = s.reading and p.from_on = s.from_on
