/*
title = "机构的数据到何日"
why   = "Offices whose data does not reach this night: a working day has passed since, between two deliveries of a source or with one missing. Of an open case that is due later nobody can say whether it was finished."
*/
with

offices as (
    select distinct
        source,
        unnest(offices) as office
    from core.imports
    where kind = 'steps'
),

reached as (
    select
        o.office,
        arg_min(o.source, struct_pack(until_on := d.data_until, source := o.source)) as source,
        min(d.data_until) as data_until
    from offices as o
    inner join core.source_data as d on o.source = d.source
    group by o.office
)

select
    r.office,
    r.source,
    r.data_until
from reached as r
cross join reference.run as run
left join reference.offices as c on r.office = c.office
inner join core.workdays as w
    on
        w.calendar = coalesce(c.calendar, '*')
        and w.is_workday
        and w.on_date > r.data_until
        and w.on_date <= run.as_of_on
group by r.office, r.source, r.data_until
