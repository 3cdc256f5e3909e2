/*
title = "抽查的检查(日志原样)"
why   = "Unpacks inspection-examined events: what an inspector found in a unit, item by item. A later one of the unit corrects it."
*/
with

unpacked as (
    select
        position,
        originator_id,
        originator_version,
        from_json(
            state,
            '{
                "at": "VARCHAR", "inspection_no": "VARCHAR", "unit": "VARCHAR", "grade": "VARCHAR", "remark": "VARCHAR",
                "corrects": "BIGINT", "entry": "VARCHAR", "by": "VARCHAR", "person": "VARCHAR", "role": "VARCHAR",
                "items": [{"item": "VARCHAR", "verdict": "VARCHAR", "remark": "VARCHAR"}]
            }'
        ) as event
    from log.pending
    where topic = 'inspection-examined'
)

select
    position,
    replace(originator_id, 'inspection:', '') as inspection,
    originator_version as version,
    cast(event."at" as timestamp) as examined_at,
    event.inspection_no,
    event.unit,
    event.grade,
    event.remark,
    coalesce(event.corrects, 0) as corrects,
    event.entry,
    event."by" as login,
    event.person,
    event.role,
    event.items
from unpacked
