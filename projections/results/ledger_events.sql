/*
title = "台账的办理经过"
why   = "Every step, opening and note of every entry, with the night's own, whose events are not appended yet (results.entry_events); texts only where the settings let them be published ($with_texts), and of entries referred to others only what happened when."
*/
with

told as (
    select
        entry, version, change, step, kind, decided_at, recorded_at, login, person, role, for_login, signed_by, door, due_on,
        is_late, is_typed_later, given_to, set_due_on, verdict, is_pending, severity, finding_id, document_no, text
    from staging.entry_events

    union all by name

    from results.entry_events
)

select
    t.entry,
    t.version,
    t.change,
    t.step,
    t.decided_at,
    t.recorded_at,
    if(r.entry is null, t.kind, null) as kind,
    if(r.entry is null, t.login, null) as login,
    if(r.entry is null, t.person, null) as person_id,
    if(r.entry is null, t.role, null) as role,
    if(r.entry is null, t.for_login, null) as for_login,
    if(r.entry is null, t.signed_by, null) as signed_by,
    if(r.entry is null, t.door, null) as door,
    t.due_on,
    t.is_late,
    t.is_typed_later,
    if(r.entry is null, t.given_to, null) as given_to,
    t.set_due_on,
    if(r.entry is null, t.verdict, null) as verdict,
    t.is_pending,
    if(r.entry is null, t.severity, null) as severity,
    if(r.entry is null, t.finding_id, null) as finding_id,
    if(r.entry is null, t.document_no, null) as document_no,
    if(r.entry is null and $with_texts, t.text, null) as text
from told as t
left join (select entry from results.entry_rows where state = 'referred') as r on t.entry = r.entry
order by t.entry, t.version
