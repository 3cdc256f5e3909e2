/*
title = "抽查的检查项目"
why   = "What inspectors found, item by item, corrected examinations too; remarks only where the settings let what people wrote be published ($with_texts)."
*/
with

said as (
    select
        * exclude (items, remark),
        unnest(items) as one,
        version = max(version) over (partition by inspection, unit) as is_current
    from staging.examined_inspections
)

select
    s.inspection_no,
    s.unit,
    s.version,
    s.is_current,
    s.examined_at,
    s.login,
    s.one.item as item,
    i.title as item_title,
    i.severity,
    i.basis,
    s.one.verdict as verdict,
    if($with_texts, s.one.remark, null) as remark
from said as s
left join reference.inspection_items as i on s.one.item = i.item
order by s.inspection_no, s.version, item
