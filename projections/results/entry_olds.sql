/*
title = "本夜归入历史存量的问题"
why   = "Findings that would open entries tonight, whose acts lie more than $history_days days back, and that appear because the ledger begins ($is_first), their office does (nothing of it was in the log up to $before, where the last night had read it), or their rule or the profile is another than the last night's."
*/
with

run as (
    select as_of_on from reference.run
),

offices as (
    select
        office,
        min(position) > $before as is_first
    from staging.steps
    group by office
)

select n.finding_id, n.rule, n.office
from results.entry_news as n
cross join run
inner join results.entry_rules as r on n.rule = r.rule
left join offices as o on n.office = o.office
where
    n.decision = 'open'
    and n.entry is null
    and ($is_first or r.is_changed or coalesce(o.is_first, false))
    and n.acted_on < run.as_of_on - $history_days
