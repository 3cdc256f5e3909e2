/*
title = "夜间亮灯(日志原样)"
why   = "Unpacks night-judged events."
*/
with

unpacked as (
    select
        position,
        from_json(
            state,
            '{
                "night": "VARCHAR", "run_no": "INTEGER", "as_of": "VARCHAR", "light": "VARCHAR",
                "judged_at": "VARCHAR",
                "because": [
                    {
                        "code": "VARCHAR", "light": "VARCHAR", "text": "VARCHAR", "count": "BIGINT",
                        "office": "VARCHAR", "is_earlier": "BOOLEAN"
                    }
                ]
            }'
        ) as event
    from log.pending
    where topic = 'night-judged'
)

select
    position,
    cast(event.night as date) as night,
    nullif(event.run_no, 0) as run_no,
    cast(event.as_of as timestamp) as as_of,
    event.light,
    cast(to_json(event.because) as varchar) as because,
    cast(event.judged_at as timestamp) as judged_at
from unpacked
