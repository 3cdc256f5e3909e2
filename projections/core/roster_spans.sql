/*
title = "名册时段"
why   = "For each account of an office the spans of days within which no roster and no date in one changes anything, with the roster that had arrived last before they began (0 is none)."
*/
with

entries as (
    select * from core.roster_entries
),

arrivals as (
    select distinct
        import_no,
        arrived_on
    from entries
),

points as (
    select account, office, date '0001-01-01' as from_on from entries
    union
    select account, office, valid_from from entries where valid_from is not null
    union
    select account, office, valid_to + 1 from entries where valid_to is not null
    union
    select e.account, e.office, a.arrived_on + 1 from entries as e cross join arrivals as a
),

standing as (
    select
        days.from_on,
        coalesce(max(a.import_no), 0) as import_no
    from (select distinct from_on from points) as days
    left join arrivals as a on days.from_on > a.arrived_on
    group by days.from_on
)

select
    p.account,
    p.office,
    p.from_on,
    lead(p.from_on) over (partition by p.account, p.office order by p.from_on) - 1 as to_on,
    s.import_no as standing_no
from points as p
inner join standing as s on p.from_on = s.from_on
