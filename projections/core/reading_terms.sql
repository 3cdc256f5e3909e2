/*
title = "各读法下的账号在册时段"
why   = "For each reading of the rosters: who held an account from which day to which, by the roster in force on those days. A roster speaks from the day after it arrived; of earlier days only where its dates say so, or where no earlier roster knew the account: what comes later does not rewrite what was true. Of two rosters on one day the later corrects the earlier."
*/
with

entries as (
    select * from core.roster_readings
),

-- What the rosters of each day say of a span that was over when they arrived.
said as (
    select
        p.reading,
        p.account,
        p.office,
        p.from_on,
        any_value(p.to_on) as to_on,
        any_value(p.standing_no) as standing_no,
        min(e.import_no) as first_no,
        max(e.import_no) filter (
            where e.import_no > p.standing_no and (not e.is_dated or coalesce(e.valid_from <= p.from_on, true))
        ) as last_no,
        max(e.import_no) filter (
            where e.import_no > p.standing_no and e.is_dated and coalesce(e.valid_from <= p.from_on, true)
        ) as dated_no
    from core.roster_spans as p
    inner join entries as e
        on p.reading = e.reading and p.account = e.account and p.office is not distinct from e.office
    group by p.reading, p.account, p.office, p.from_on, e.arrived_on
),

deciding as (
    select
        reading,
        account,
        office,
        from_on,
        any_value(to_on) as to_on,
        coalesce(
            max(dated_no) filter (where dated_no = last_no),
            case when min(first_no) <= any_value(standing_no) then any_value(standing_no) end,
            min(last_no)
        ) as import_no
    from said
    group by reading, account, office, from_on
)

select
    d.reading,
    d.from_on,
    d.to_on,
    e.account,
    e.office,
    e.person_id,
    e.person_name,
    e.org_kind,
    e.post,
    e.section,
    e.position
from deciding as d
inner join entries as e
    on
        d.reading = e.reading
        and d.account = e.account
        and d.office is not distinct from e.office
        and d.import_no = e.import_no
        and coalesce(e.valid_from <= d.from_on, true)
        and coalesce(e.valid_to >= d.from_on, true)
