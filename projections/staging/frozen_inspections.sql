/*
title = "抽查总体的冻结(日志原样)"
why   = "Unpacks inspection-frozen events: the units that an inspection draws from by stratum, and those that are inspected whatever is drawn."
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
                "at": "VARCHAR", "month": "VARCHAR", "office": "VARCHAR", "count": "BIGINT", "total": "BIGINT",
                "mandatory": [{"unit": "VARCHAR", "classes": ["VARCHAR"]}]
            }'
        ) as event
    from log.pending
    where topic = 'inspection-frozen'
)

select
    position,
    replace(originator_id, 'inspection:', '') as inspection,
    originator_version as version,
    cast(event."at" as timestamp) as frozen_at,
    event."month",
    event.office,
    event."count" as units,
    event.total,
    event.mandatory
from unpacked
