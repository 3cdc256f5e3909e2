/*
title = "台账事件(日志原样)"
why   = "Unpacks the events of a finding's life: opened, changed, gone, reopened."
*/
with

unpacked as (
    select
        position,
        originator_id,
        topic,
        from_json(
            state,
            '{
                "as_of": "VARCHAR", "run_no": "INTEGER", "rule": "VARCHAR", "severity": "VARCHAR",
                "office": "VARCHAR", "case_no": "VARCHAR", "account": "VARCHAR", "person_id": "VARCHAR",
                "source": "VARCHAR", "occurred_at": "VARCHAR", "due_on": "VARCHAR", "summary": "VARCHAR", "basis": "VARCHAR",
                "evidence": ["BIGINT"]
            }'
        ) as event
    from log.pending
    where topic in ('finding-opened', 'finding-changed', 'finding-gone', 'finding-reopened')
)

select
    position,
    replace(originator_id, 'finding:', '') as finding_id,
    replace(topic, 'finding-', '') as change,
    cast(event.as_of as timestamp) as as_of,
    -- An hour before noon belongs to the night of the day before.
    cast(cast(event.as_of as timestamp) - interval 12 hour as date) as night,
    event.run_no,
    event.rule,
    event.severity,
    event.office,
    event.case_no,
    event.account,
    event.person_id,
    event.source,
    cast(event.occurred_at as timestamp) as occurred_at,
    cast(event.due_on as date) as due_on,
    event.summary,
    event.basis,
    event.evidence
from unpacked
