/*
title = "邮件所说的台账"
why   = "How the ledger of an office ($office; $is_all: of every office; an entry without an office is everybody's) stands at the end of the night: entries by state and light, how many of them were opened or came on since the night before (behind $before in the log, by runs after $last_run), and the highest number of each series."
*/
with

told as (
    select entry, bool_or(change = 'opened') as is_opened, bool_or(change = 'stepped') as is_stepped
    from (
        select entry, change from staging.entry_events where (position > $before and coalesce(run_no, 0) = 0) or run_no > $last_run
        union all
        select entry, change from results.entry_events
    )
    group by entry
)

select
    l.state,
    l.light,
    count(*) as entries,
    count(*) filter (where t.is_opened) as opened,
    count(*) filter (where t.is_stepped) as stepped,
    max(l.entry) as highest
from results.ledger_entries as l
left join told as t on l.entry = t.entry
where l.state <> 'voided' and ($is_all or l.office is null or l.office = $office)
group by l.state, l.light, regexp_replace(l.entry, '[0-9]+$', ''), length(l.entry)
order by l.state, l.light, highest
