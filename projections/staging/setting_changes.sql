/*
title = "设置变更(日志原样)"
why   = "Unpacks settings-changed events, a row a change; how all settings stood is not unpacked."
*/
with

unpacked as (
    select
        position,
        from_json(
            state,
            '{
                "night": "VARCHAR", "run_no": "INTEGER", "seen_at": "VARCHAR",
                "changes": [{"what": "VARCHAR", "old": "VARCHAR", "new": "VARCHAR"}]
            }'
        ) as event
    from log.pending
    where topic = 'settings-changed'
),

numbered as (
    select
        position,
        event,
        unnest(event.changes) as change
    from unpacked
)

select
    position,
    cast(event.night as date) as night,
    event.run_no,
    change.what,
    change.old,
    change.new,
    cast(event.seen_at as timestamp) as seen_at
from numbered
