/*
title = "邮件所附的历史存量"
why   = "The old findings of an office ($office, $is_all as in mailed_ledger) that entries opened since the night before ($before, $last_run as in mailed_ledger) list together."
*/
with

opened as (
    select entry from staging.entry_events where change = 'opened' and ((position > $before and coalesce(run_no, 0) = 0) or run_no > $last_run)
    union
    select entry from results.entry_events where change = 'opened'
),

listed as (
    select
        r.entry,
        r.rule,
        r.title,
        unnest(r.finding_ids) as finding_id
    from results.entry_rows as r
    inner join opened as o on r.entry = o.entry
    where r.kind = 'history' and r.state not in ('referred', 'voided') and ($is_all or r.office is null or r.office = $office)
)

select
    l.entry,
    l.rule,
    l.title,
    l.finding_id,
    n.case_no,
    n.acted_on,
    coalesce(n.severity, '') as severity,
    coalesce(n.summary, '') as summary
from listed as l
left join results.entry_news as n on l.finding_id = n.finding_id
order by l.entry, n.acted_on, l.finding_id
