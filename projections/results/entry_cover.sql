/*
title = "问题与它最近的一项台账"
why   = "Violations of tonight whose rule goes on the ledger, each with the last entry that covers it; entries of withdrawn nights cover nothing."
*/
with

last_entries as (
    select
        finding_id,
        arg_max(e, seq) as entry
    from results.entry_findings as e
    where state <> 'voided'
    group by finding_id
)

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
