/*
title = "缺失之后补来的数据"
why   = "Each source with what came after all of days of which a night had told that nothing came: one matter, however many cases it concerns."
*/
with

late as (
    select * from core.late_rows
    where verdict = 'missed'
)

select
    source,
    case when count(distinct office) = 1 then min(office) end as office,
    count(*) as late_rows,
    min(occurred_at) as first_at,
    max(occurred_at) as last_at,
    max(import_no) as import_no,
    list_sort(list_distinct(list_concat(
        list_slice(list_sort(array_agg(position)), 1, 200), flatten(array_agg(told_at))
    ))) as evidence
from late
where source is not null
group by source
