/*
title = "问题的证据与它的台账"
why   = "Of each violation of tonight that goes on the ledger: which rows its last entry does not know, whether an act is among them, or one after that entry was final, and whether a night since then did not find it. Of a lasting state no row is an act. Entries that list old findings know all rows up to where their night had read the log."
*/
with

rows as (
    select
        c.finding_id,
        x.position,
        if(c.is_lasting and x.role = 'act', 'context', x.role) as role,
        s.occurred_at,
        k.position is null and (c.entry_kind is distinct from 'history' or x.position > c.entry_position) as is_new
    from results.entry_cover as c
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
    inner join results.entry_cover as c on r.finding_id = c.finding_id
    group by r.finding_id
),

absent as (
    select
        c.finding_id,
        bool_or(h.change = 'gone') as was_absent
    from results.entry_cover as c
    inner join results.finding_history as h on c.finding_id = h.finding_id and h.night >= cast(c.final_at as date)
    where c.is_final
    group by c.finding_id
)

select
    c.finding_id,
    coalesce(t.has_act, false) as has_act,
    coalesce(cast(t.acted_at as date), c.due_on, cast(c.occurred_at as date)) as acted_on,
    coalesce(t.new_rows, []) as new_rows,
    coalesce(t.has_new_act, false) as has_new_act,
    coalesce(t.has_later_act, false) as has_later_act,
    coalesce(a.was_absent, false) and not coalesce(t.has_act, false) as is_back
from results.entry_cover as c
left join told as t on c.finding_id = t.finding_id
left join absent as a on c.finding_id = a.finding_id
