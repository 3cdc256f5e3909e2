/*
title = "夜晚所知到何时"
why   = "For each office, source and counting night the latest moment from which rows had come by then: what is dated long before it and comes afterwards is late. An import by hand names no source: until an earlier one by hand tells, it is held against whatever the office had delivered."
*/
with

reached as (
    select
        m.office,
        m.source,
        n.night_no,
        max(m.reached_at) as reached_at
    from core.delivered_moments as m
    inner join core.counting_nights as n on m.night_no < n.night_no
    group by m.office, m.source, n.night_no
),

of_office as (
    select
        office,
        night_no,
        max(reached_at) as reached_at
    from reached
    group by office, night_no
)

select
    o.office,
    '' as source,
    o.night_no,
    coalesce(r.reached_at, o.reached_at) as reached_at
from of_office as o
left join reached as r on o.office = r.office and o.night_no = r.night_no and r.source = ''

union all

select
    office,
    source,
    night_no,
    reached_at
from reached
where source <> ''
