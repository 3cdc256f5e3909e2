/*
title = "台账的办理(日志原样)"
why   = "Unpacks the events of the ledger's entries: opened, noted, stepped. State and limits follow from all of an entry's events together, and are made elsewhere."
*/
with

unpacked as (
    select
        position,
        originator_id,
        originator_version,
        topic,
        from_json(
            state,
            '{
                "step": "VARCHAR", "kind": "VARCHAR", "at": "VARCHAR", "recorded_at": "VARCHAR", "by": "VARCHAR",
                "person": "VARCHAR", "role": "VARCHAR", "for_login": "VARCHAR", "signed_by": "VARCHAR",
                "door": "VARCHAR", "seen_version": "BIGINT", "due_on": "VARCHAR", "is_late": "BOOLEAN",
                "is_typed_later": "BOOLEAN", "text": "VARCHAR", "to": "VARCHAR", "due": "VARCHAR",
                "verdict": "VARCHAR", "is_pending": "BOOLEAN", "severity": "VARCHAR", "finding_id": "VARCHAR",
                "summary": "VARCHAR", "run_no": "INTEGER", "document_no": "VARCHAR", "made_at": "VARCHAR",
                "system_user": "VARCHAR", "machine": "VARCHAR"
            }'
        ) as event
    from log.pending
    where topic in ('entry-opened', 'entry-noted', 'entry-stepped', 'entry-documented')
)

select
    position,
    replace(originator_id, 'entry:', '') as entry,
    originator_version as version,
    replace(topic, 'entry-', '') as change,
    case topic
        when 'entry-opened' then 'open'
        when 'entry-noted' then 'note'
        when 'entry-documented' then 'document'
        else event.step
    end as step,
    event.kind,
    cast(coalesce(event."at", event.made_at) as timestamp) as decided_at,
    cast(coalesce(event.recorded_at, event.made_at) as timestamp) as recorded_at,
    event."by" as login,
    event.person,
    event.role,
    event.for_login,
    event.signed_by,
    event.door,
    event.system_user,
    event.machine,
    -- Of an opening, the finding's due day; of a step, the limit that it met or missed.
    if(topic = 'entry-stepped', cast(event.due_on as date), null) as due_on,
    coalesce(event.is_late, false) as is_late,
    coalesce(event.is_typed_later, false) as is_typed_later,
    coalesce(event.text, event.summary) as text,
    event."to" as given_to,
    cast(event.due as date) as set_due_on,
    event.verdict,
    coalesce(event.is_pending, false) as is_pending,
    event.severity,
    event.finding_id,
    event.document_no,
    event.run_no
from unpacked
