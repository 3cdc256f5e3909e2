/*
title = "台账"
why   = "Every entry as it stands at the end of the night, for publication; of those referred to others only number, state and dates."
*/
select
    entry,
    case when is_open_to_all then kind end as kind,
    case when is_open_to_all then rule end as rule,
    case when is_open_to_all then title end as title,
    office,
    case when is_open_to_all then finding_id end as finding_id,
    case when is_open_to_all then len(finding_ids) end as findings,
    case when is_open_to_all then case_no end as case_no,
    case when is_open_to_all then batch_no end as batch_no,
    case when is_open_to_all then account end as account,
    case when is_open_to_all then person_id end as person_id,
    case when is_open_to_all then source end as source,
    case when is_open_to_all then severity end as severity,
    case when is_open_to_all then noted_severity end as noted_severity,
    case when is_open_to_all then adjusted_severity end as adjusted_severity,
    state,
    shown_state = 'appealed' as is_appealed,
    light,
    is_excused,
    opened_at,
    since,
    due_on,
    case when is_open_to_all then due_limit end as due_limit,
    case when is_open_to_all then holder end as holder,
    is_provisional,
    judge_due_on,
    appeal_due_on,
    blue_on,
    yellow_on,
    orange_on,
    red_on,
    case when is_open_to_all then section end as section,
    case when is_open_to_all then person end as person,
    returns,
    extensions,
    case when is_open_to_all then recurs_of end as recurs_of,
    case when is_open_to_all then follows end as follows,
    recurrences,
    is_gone,
    is_not_run,
    case when is_open_to_all then summary end as summary,
    case when is_open_to_all then basis end as basis,
    version
from (
    select
        * exclude (
            kind, section, person, "limit", finding_id, light, due_on, holder, is_provisional, judge_due_on
        ),
        -- Silence is the handler's; from its end on the judgement is due.
        judge_due_on is not null and $night > due_on as is_silent,
        if(is_silent, judge_due_on, due_on) as due_on,
        if(is_silent, 'judge', "limit") as due_limit,
        if(is_silent, 'post', holder) as holder,
        if(is_silent, is_judge_provisional, is_provisional) as is_provisional,
        if(is_silent, null, judge_due_on) as judge_due_on,
        case
            when $night >= red_on then 'red'
            when $night >= orange_on then 'orange'
            when $night >= yellow_on then 'yellow'
            when $night >= blue_on then 'blue'
            else 'none'
        end as light,
        state <> 'referred' as is_open_to_all,
        kind,
        nullif(section, '') as section,
        nullif(person, '') as person,
        nullif(finding_id, '') as finding_id
    from results.entry_rows
)
order by entry
