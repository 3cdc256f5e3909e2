/*
title = "已告知的缺失"
why   = "Spans of days of which a night had told that nothing came of them: those behind what the source had delivered of an office, up to the night that missed its export; and those behind the last action of an office, up to the night that found it silent, for each source of a name that delivers the office. The event says since when that was told."
*/
with

sources as (
    select distinct
        source,
        office
    from core.delivered_moments
),

missed as (
    select
        e.position,
        e.source,
        s.office,
        e.night
    from core.missed_exports as e
    inner join sources as s on coalesce(e.office = s.office, true) and e.source = s.source
),

told as (
    select
        m.position,
        m.source,
        m.office,
        m.night,
        max(n.night_no) as night_no
    from missed as m
    left join core.counting_nights as n on m.position > n.log_position
    group by m.position, m.source, m.office, m.night
)

select
    t.position,
    t.source,
    t.office,
    cast(j.reached_at as date) + 1 as from_on,
    t.night as to_on
from told as t
inner join core.judged_moments as j
    on t.office = j.office and t.source = j.source and t.night_no = j.night_no
where cast(j.reached_at as date) < t.night

union all

select
    o.position,
    s.source,
    o.office,
    o.last_on + 1 as from_on,
    o.night as to_on
from staging.silent_offices as o
inner join sources as s on o.office = s.office
where s.source <> ''
