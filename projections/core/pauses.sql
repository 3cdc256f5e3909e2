/*
title = "暂停"
why   = "From a pause row to the next resume of the case, or still open. Which came first within a day is not known where either is a date, nor within one moment: a resume of the same moment ends the pause, unless it may have ended another instead. Then the pause goes on, for the clock; earliest_resumed_at is when it ended at the earliest."
per_case = true
*/
with

acts as (
    select * from core.steps
    where step in ('pause', 'resume')
),

matched as (
    select
        p.position,
        min(r.occurred_at) as earliest_at,
        min(r.until_at) as earliest_until,
        min(r.occurred_at) filter (where r.occurred_at > p.until_at) as proven_at,
        count(*) filter (where r.occurred_at <= p.until_at) as tied
    from acts as p
    inner join acts as r
        on p.office = r.office and p.case_no = r.case_no and r.until_at >= p.occurred_at
    where p.step = 'pause' and r.step = 'resume'
    group by p.position
),

-- What a resume of the same moment may have ended instead: earlier pauses that wait for one, all of them by
-- one resume, and each other pause of that moment.
rivals as (
    select
        p.position,
        max(case when q.until_at < p.occurred_at then 1 else 0 end)
        + count(*) filter (where q.until_at >= p.occurred_at) as rivals
    from acts as p
    inner join matched as own on p.position = own.position and own.tied > 0
    inner join acts as q
        on
            p.office = q.office
            and p.case_no = q.case_no
            and p.position <> q.position
            and p.until_at >= q.occurred_at
    left join matched as other on q.position = other.position
    where
        q.step = 'pause'
        and case
            when q.until_at < p.occurred_at then coalesce(other.earliest_until >= p.occurred_at, true)
            else other.earliest_at <= p.until_at
        end
    group by p.position
)

select
    p.position,
    p.office,
    p.case_no,
    coalesce(p.pause_kind, 'other') as pause_kind,
    p.pause_kind is not null as is_kind_known,
    coalesce(kinds.is_lawful, false) as is_lawful,
    kinds.max_days,
    kinds.basis as limit_basis,
    p.reason,
    p.precision,
    p.occurred_at as paused_at,
    case when m.tied > coalesce(rivals.rivals, 0) then m.earliest_at else m.proven_at end as resumed_at,
    m.earliest_at as earliest_resumed_at,
    coalesce(p.occurred_at > e.closed_until, false) as is_after_finish
from acts as p
left join matched as m on p.position = m.position
left join rivals on p.position = rivals.position
left join reference.pause_kinds as kinds on p.pause_kind = kinds.pause_kind
left join core.case_ends as e on p.office = e.office and p.case_no = e.case_no
where p.step = 'pause'
