/*
title = "未读取的表(日志原样)"
why   = "Unpacks the tables that import-recorded events say are missing from the import."
*/
with

unpacked as (
    select
        position,
        originator_version,
        from_json(
            state,
            '{
                "unread": [
                    {"name": "VARCHAR", "why": "VARCHAR", "reason": "VARCHAR", "tables": ["VARCHAR"], "steps": ["VARCHAR"]}
                ]
            }'
        ) as event
    from log.pending
    where topic = 'import-recorded'
),

numbered as (
    select
        position,
        originator_version,
        event,
        unnest(range(1, len(event.unread) + 1)) as place
    from unpacked
)

select
    position,
    cast(originator_version as integer) as import_no,
    event.unread[place].name as table_name,
    event.unread[place].why as why,
    event.unread[place].reason as reason,
    event.unread[place].tables as standing_names,
    event.unread[place].steps as steps
from numbered
