/*
title = "账号在册时段"
why   = "Who held an account from which day to which, by the roster in force on those days. A roster speaks from the day after it arrived; of earlier days only where its dates say so, or where no earlier roster knew the account: what comes later does not rewrite what was true."
*/
with

entries as (
    select
        *,
        valid_from is not null or valid_to is not null as is_dated
    from core.roster_entries
),

arrivals as (
    select distinct
        import_no,
        arrived_on
    from entries
),

-- From one of these days to the next nothing changes about an account.
points as (
    select account, office, date '0001-01-01' as from_on from entries
    union
    select account, office, valid_from from entries where valid_from is not null
    union
    select account, office, valid_to + 1 from entries where valid_to is not null
    union
    select e.account, e.office, a.arrived_on + 1 from entries as e cross join arrivals as a
),

spans as (
    select
        account,
        office,
        from_on,
        lead(from_on) over (partition by account, office order by from_on) - 1 as to_on
    from points
),

standing as (
    select
        days.from_on,
        coalesce(max(a.import_no), 0) as import_no
    from (select distinct from_on from spans) as days
    left join arrivals as a on days.from_on > a.arrived_on
    group by days.from_on
),

known as (
    select
        p.account,
        p.office,
        p.from_on,
        any_value(p.to_on) as to_on,
        any_value(s.import_no) as standing_no,
        min(e.import_no) as first_no,
        min(e.import_no) filter (where not e.is_dated) as undated_no,
        max(e.import_no) filter (
            where e.is_dated and e.import_no > s.import_no and coalesce(e.valid_from <= p.from_on, true)
        ) as dated_no
    from spans as p
    inner join standing as s on p.from_on = s.from_on
    inner join entries as e on p.account = e.account and p.office is not distinct from e.office
    group by p.account, p.office, p.from_on
)

select
    k.from_on,
    k.to_on,
    e.account,
    e.office,
    e.person_id,
    e.person_name,
    e.org_kind,
    e.post,
    e.position
from known as k
inner join entries as e
    on
        k.account = e.account
        and k.office is not distinct from e.office
        and e.import_no
        = coalesce(k.dated_no, case when k.first_no <= k.standing_no then k.standing_no else k.undated_no end)
        and coalesce(e.valid_from <= k.from_on, true)
        and coalesce(e.valid_to >= k.from_on, true)
