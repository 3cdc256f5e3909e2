/*
title = "被超越过的单元"
why   = "Units that anybody overtook in a month, were they away or not, with the end of their wait; where no review is known, the last moment there is."
per_key = ["month_no", "lane"]

[key_of]
"core.queue_turns" = ["month_no", "lane"]
"core.queue_units" = """
select unnest(range(arrived_month, coalesce(until_month, (select max(month_no) from core.queue_turns)) + 1)), lane
from changed
where lane is not null
"""
*/
with

months as (
    select
        month_no,
        lane,
        max(latest_micros) as latest_micros
    from core.queue_turns
    group by month_no, lane
),

-- Of months at whose end it still waited, or after which it was not taken any more.
stays as (
    select
        lane,
        unit_id,
        arrived_micros,
        unnest(range(arrived_month, least(coalesce(until_month, last.month_no) + 1, coalesce(started_month, last.month_no + 1)))) as month_no
    from core.queue_units
    cross join (select max(month_no) as month_no from months) as last
    where lane is not null and (started_month is null or arrived_month < started_month)
),

-- Whoever is overtaken in the month in which it is taken is so, at the latest, when it is taken itself.
passed as (
    select t.month_no, t.unit_id
    from core.queue_turns as t
    cross join params.queue_jump as p
    where t.latest_micros - t.arrived_micros >= p.gap_minutes * 60000000

    union all

    select s.month_no, s.unit_id
    from stays as s
    inner join months as m on s.lane = m.lane and s.month_no = m.month_no
    cross join params.queue_jump as p
    where m.latest_micros - s.arrived_micros >= p.gap_minutes * 60000000
)

select
    passed.month_no,
    u.lane,
    u.office,
    u.unit_id,
    u.case_nos,
    u.accept_position,
    u.arrived_at,
    u.arrived_micros,
    coalesce(u.waited_until, cast('9999-12-31' as timestamp)) as waited_until,
    u.until_month
from core.queue_units as u
inner join passed on u.unit_id = passed.unit_id
where u.arrived_at < coalesce(u.waited_until, cast('9999-12-31' as timestamp))
