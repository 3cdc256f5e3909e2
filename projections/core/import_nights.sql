/*
title = "导入之前的夜晚"
why   = "Each import with the last counting night before it (night_no is 0 where there was none): what that night had judged when the import came."
*/
with

before as (
    select
        i.import_no,
        max(n.night_no) as night_no
    from staging.imports as i
    inner join core.counting_nights as n on i.position > n.log_position
    group by i.import_no
)

select
    i.import_no,
    i.position,
    i.kind,
    coalesce(i.source, '') as source,
    i.is_of_closed,
    i.backfill,
    i.imported_at,
    coalesce(b.night_no, 0) as night_no,
    n.run_no,
    n.night,
    n.as_of,
    n.log_position
from staging.imports as i
left join before as b on i.import_no = b.import_no
left join core.counting_nights as n on b.night_no = n.night_no
