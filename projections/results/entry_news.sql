/*
title = "问题与台账"
why   = "What each violation of tonight is to the ledger: it opens an entry (open), opens one because it recurs after a strike-off (recur) or follows a final entry without penalty (follow), or belongs to the last entry that covers it (note). Of a struck entry only an act after the strike-off recurs; of any other final one an act that was not judged opens one anew; a lasting state, of which no row is an act, only after a night on which it was absent. A graver finding of a final entry is followed."
*/
with

grades as (
    select unnest(['info', 'minor', 'major', 'critical']) as severity, unnest([1, 2, 3, 4]) as grade
),

judged as (
    select
        c.*,
        s.acted_on,
        s.new_rows,
        s.has_new_act,
        s.has_later_act,
        s.is_back,
        now.grade > was.grade as is_graver,
        c.lasts_until < (select as_of_on from reference.run) as is_over
    from results.entry_cover as c
    inner join results.entry_signs as s on c.finding_id = s.finding_id
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
