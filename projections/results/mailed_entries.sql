/*
title = "邮件要说的台账事项"
why   = "Entries as of the night that mails may tell of: all that are open or under appeal, and those to which something happened behind a position of the log ($since). Of those referred to others, and of those that went with their night, nobody is told."
*/
with

told as (
    select entry from staging.entry_events where position > $since
    union
    select entry from results.entry_events
)

select
    r.entry,
    r.title,
    r.office,
    r.subject,
    r.gravest as severity,
    r.state,
    r.shown_state,
    r.is_final,
    r.summary,
    r.section,
    r.person,
    r.subjects,
    r.pending,
    r.assigned_at,
    r.is_served,
    r.asked_to,
    r.is_provisional,
    r.is_excused,
    r.appeal_due_on,
    case when r.state = 'assigned' then r.due_on end as answer_due_on,
    l.light,
    case l.light
        when 'blue' then l.blue_on
        when 'yellow' then l.yellow_on
        when 'orange' then l.orange_on
        when 'red' then l.red_on
    end as lit_on,
    l.due_on,
    coalesce(l.due_limit, '') as due_limit,
    coalesce(l.holder, '') as holder
from results.entry_rows as r
inner join results.ledger_entries as l on r.entry = l.entry
where
    r.state not in ('referred', 'voided')
    and (not r.is_final or r.appeal_due_on is not null or r.entry in (select entry from told))
order by r.entry
