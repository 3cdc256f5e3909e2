/*
title = "账号备案记录(日志原样)"
why   = "Unpacks roster-entry-recorded events."
*/
with

unpacked as (
    select
        position,
        from_json(
            state,
            '{
                "entry": {
                    "account": "VARCHAR", "person_id": "VARCHAR", "person_name": "VARCHAR", "office": "VARCHAR",
                    "org_kind": "VARCHAR", "post": "VARCHAR", "section": "VARCHAR",
                    "valid_from": "VARCHAR", "valid_to": "VARCHAR"
                },
                "import_no": "INTEGER", "row_no": "BIGINT"
            }'
        ) as event
    from log.pending
    where topic = 'roster-entry-recorded'
)

select
    position,
    event.import_no,
    event.row_no,
    event.entry.account,
    event.entry.person_id,
    event.entry.person_name,
    event.entry.office,
    event.entry.org_kind,
    event.entry.post,
    event.entry.section,
    try_cast(event.entry.valid_from as date) as valid_from,
    try_cast(event.entry.valid_to as date) as valid_to
from unpacked
