/*
title = "无操作的机构"
why   = "Offices whose last action lies more than one working day before the night (or before the last delivery that its sources owe) although they acted on at least 90 % of the last 20 working days up to and including it, or of those since their first, from 5 on; and those that acted after the day they were to end."
*/
with

run as (
    select as_of_on from reference.run
),

acted as (
    select distinct
        office,
        cast(occurred_at as date) as on_date
    from core.steps
),

-- Only an office all of whose sources deliver on given nights waits for them.
awaited as (
    select
        i.office,
        case when count(*) = count(e.source) then max(e.last_expected_on) end as expected_on
    from (select distinct source, unnest(offices) as office from core.imports where kind = 'steps') as i
    left join core.expected_exports as e on i.source = e.source
    group by i.office
),

offices as (
    select
        a.office,
        any_value(coalesce(c.calendar, '*')) as calendar,
        min(a.on_date) as first_on,
        max(a.on_date) as last_on,
        any_value(coalesce(w.expected_on, run.as_of_on)) as awaited_on,
        any_value(e.until_on) as until_on
    from acted as a
    cross join run
    left join reference.offices as c on a.office = c.office
    left join reference.ended_offices as e on a.office = e.office
    left join awaited as w on a.office = w.office
    group by a.office
),

-- None may lie between its first action and the last delivery: a row without a day then.
days as (
    select
        o.office,
        w.on_date,
        w.on_date > o.last_on as is_since,
        row_number() over (partition by o.office, w.on_date > o.last_on order by w.on_date desc) as back
    from offices as o
    left join core.workdays as w
        on
            o.calendar = w.calendar
            and w.is_workday
            and w.on_date >= o.first_on
            and w.on_date <= o.awaited_on
),

counted as (
    select
        d.office,
        count(*) filter (where d.is_since) as days_since,
        count(*) filter (where not d.is_since and d.back <= 20) as days_before,
        count(a.on_date) filter (where not d.is_since and d.back <= 20) as days_acted
    from days as d
    left join acted as a on d.office = a.office and d.on_date = a.on_date
    group by d.office
)

select
    o.office, o.last_on, o.until_on, c.days_since,
    o.until_on is not null and o.last_on > o.until_on as is_after_end
from offices as o
inner join counted as c on o.office = c.office
where
    (o.until_on is not null and o.last_on > o.until_on)
    or (
        c.days_since > 1 and c.days_before >= 5 and c.days_acted * 10 >= c.days_before * 9
        and (o.until_on is null or o.until_on >= (select as_of_on from run))
    )
order by o.office
