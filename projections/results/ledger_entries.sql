/*
title = "台账"
why   = "Every entry as it stands at the end of the night ($night), for publication; of those referred to others only number, state and dates."
*/
with

lit as (
    select
        *,
        -- Silence is the handler's; from its end on the judgement is due.
        coalesce(judge_due_on is not null and $night > due_on, false) as is_silent,
        case
            when $night >= red_on then 'red'
            when $night >= orange_on then 'orange'
            when $night >= yellow_on then 'yellow'
            when $night >= blue_on then 'blue'
            else 'none'
        end as light_now
    from results.entry_rows
),

shown as (
    select
        entry, kind, rule, rule_version, title, office, finding_id, finding_ids, len(finding_ids) as findings, subject,
        case_no, batch_no, account, person_id, source, severity, noted_severity, adjusted_severity, gravest, state,
        shown_state = 'appealed' as is_appealed, light_now as light, is_excused, opened_at, since,
        if(is_silent, judge_due_on, due_on) as due_on,
        if(is_silent, 'judge', "limit") as due_limit,
        if(is_silent, judge_holder, holder) as holder,
        if(is_silent, is_judge_provisional, is_provisional) as is_provisional,
        if(is_silent, null, judge_due_on) as judge_due_on,
        judge_holder, is_judge_provisional, appeal_due_on, blue_on, yellow_on, orange_on, red_on, section, person, assigned_at, is_served,
        subjects, pending, returns, extensions, asked_to, recurs_of, follows, recurrences, is_gone, is_not_run,
        is_touched, opened_by, summary, basis, version, last_version
    from lit
)

select *
from shown
where state <> 'referred'

union all by name

select
    entry, office, state, is_appealed, light, opened_at, since, due_on, judge_due_on, appeal_due_on, is_gone, version,
    last_version
from shown
where state = 'referred'
order by entry
