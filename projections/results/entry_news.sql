/*
title = "问题与台账"
why   = "What each violation of tonight is to the ledger: it opens an entry (open), opens one because it recurs after a strike-off (recur) or follows a final entry without penalty (follow), or belongs to the last entry that covers it (note). Of a struck entry only an act after the strike-off recurs; of any other final one an act that was not judged opens one anew; a lasting state, of which no row is an act, only after a night on which it was absent. A graver finding of a final entry is followed."
*/
with

last_entries as (
    select
        finding_id,
        arg_max(e, seq) as entry
    from results.entry_findings as e
    where state <> 'voided'
    group by finding_id
),

covering as (
    select
        v.*,
        r.is_lasting,
        entry.entry,
        entry.kind as entry_kind,
        entry.state as entry_state,
        entry.is_final,
        entry.final_at,
        entry.lasts_until,
        entry.log_position as entry_position,
        entry.severity as entry_severity
    from results.violations as v
    inner join results.entry_rules as r on v.rule = r.rule and r.is_on
    left join last_entries as e on v.finding_id = e.finding_id
),

rows as (
    select
        c.finding_id,
        x.position,
        if(c.is_lasting and x.role = 'act', 'context', x.role) as role,
        s.occurred_at,
        k.position is null and (c.entry_kind is distinct from 'history' or x.position > c.entry_position) as is_new
    from covering as c
    inner join results.finding_evidence as x on c.finding_id = x.finding_id
    left join core.steps as s on x.position = s.position
    left join results.entry_evidence as k on c.entry = k.entry and x.position = k.position
),

told as (
    select
        r.finding_id,
        bool_or(r.role = 'act') as has_act,
        max(r.occurred_at) filter (where r.role = 'act') as acted_at,
        bool_or(r.role = 'act' and r.is_new) as has_new_act,
        bool_or(r.role = 'act' and r.is_new and r.occurred_at > c.final_at) as has_later_act,
        list({position: r.position, role: r.role} order by r.position) filter (where r.is_new) as new_rows
    from rows as r
    inner join covering as c on r.finding_id = c.finding_id
    group by r.finding_id
),

absent as (
    select
        c.finding_id,
        bool_or(h.change = 'gone') as was_absent
    from covering as c
    inner join results.finding_history as h on c.finding_id = h.finding_id and h.night >= cast(c.final_at as date)
    where c.is_final
    group by c.finding_id
),

grades as (
    select unnest(['info', 'minor', 'major', 'critical']) as severity, unnest([1, 2, 3, 4]) as grade
),

judged as (
    select
        c.*,
        coalesce(t.has_act, false) as has_act,
        coalesce(cast(t.acted_at as date), c.due_on, cast(c.occurred_at as date)) as acted_on,
        coalesce(t.new_rows, []) as new_rows,
        coalesce(t.has_new_act, false) as has_new_act,
        coalesce(t.has_later_act, false) as has_later_act,
        coalesce(a.was_absent, false) and not coalesce(t.has_act, false) as is_back,
        now.grade > was.grade as is_graver,
        c.lasts_until < (select as_of_on from reference.run) as is_over
    from covering as c
    left join told as t on c.finding_id = t.finding_id
    left join absent as a on c.finding_id = a.finding_id
    inner join grades as now on c.severity = now.severity
    left join grades as was on c.entry_severity = was.severity
)

select
    * exclude (is_graver, is_over, is_back),
    case
        when entry is null then 'open'
        when not is_final then if(entry_kind = 'history' and has_new_act, 'open', 'note')
        when entry_state = 'struck' and (has_later_act or is_back) then 'recur'
        when entry_state <> 'struck' and has_new_act then 'follow'
        when is_back or coalesce(is_graver, false) or coalesce(is_over, false) then 'follow'
        else 'note'
    end as decision
from judged
