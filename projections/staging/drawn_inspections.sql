/*
title = "抽查的抽取(日志原样)"
why   = "Unpacks inspection-drawn events: how each draw was decided, and the units that it drew, in the order of the form's numbers."
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
                "at": "VARCHAR", "frozen_version": "BIGINT", "way": "VARCHAR",
                "picks": [{"unit": "VARCHAR", "stratum": "VARCHAR", "ticket": "VARCHAR"}]
            }'
        ) as event
    from log.pending
    where topic = 'inspection-drawn'
)

select
    position,
    replace(originator_id, 'inspection:', '') as inspection,
    originator_version as version,
    event.frozen_version,
    cast(event."at" as timestamp) as drawn_at,
    event.way,
    event.picks
from unpacked
