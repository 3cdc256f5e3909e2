/*
title = "邮件要说的台账办理"
why   = "What happened to entries behind a position of the log ($since), the night's own of run $run_no included, whose events come last; and whether the entry was referred to others since (is_hidden)."
*/
with

told as (
    select
        position, entry, version, change, step, kind, decided_at, recorded_at, login, person, role, for_login, signed_by,
        door, system_user, machine, given_to, set_due_on, verdict, is_pending, severity, run_no
    from staging.entry_events
    where position > $since

    union all by name

    select entry, version, change, step, kind, decided_at, recorded_at, login, person, role, door, severity, $run_no as run_no
    from results.entry_events
)

select
    coalesce(t.position, 0) as position,
    t.entry,
    t.change,
    t.step,
    coalesce(t.kind, '') as kind,
    t.decided_at,
    t.recorded_at,
    coalesce(t.login, '') as login,
    coalesce(t.person, '') as person,
    coalesce(t.role, '') as role,
    coalesce(t.for_login, '') as for_login,
    coalesce(t.signed_by, '') as signed_by,
    coalesce(t.door, '') as door,
    coalesce(t.system_user, '') as system_user,
    coalesce(t.machine, '') as machine,
    coalesce(t.given_to, '') as given_to,
    t.set_due_on,
    coalesce(t.verdict, '') as verdict,
    coalesce(t.is_pending, false) as is_pending,
    coalesce(t.severity, '') as severity,
    coalesce(t.run_no, 0) as run_no,
    r.state = 'referred' as is_hidden
from told as t
inner join results.entry_rows as r on t.entry = r.entry
where r.state <> 'voided'
order by t.entry, t.version
