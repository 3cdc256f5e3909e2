/*
title = "暂停与恢复"
why   = "The resumes that may have ended each pause: the first one proven to be later, and those of its own moment, of which nobody knows whether they came before. A date is its whole day."
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
        min(r.occurred_at) filter (where r.occurred_at > p.until_at) as proven_at,
        min(r.until_at) filter (where r.occurred_at > p.until_at) as proven_until,
        min(r.until_at) filter (where r.occurred_at <= p.until_at) as tied_until,
        count(*) filter (where r.occurred_at <= p.until_at) as tied
    from acts as p
    inner join acts as r
        on p.office = r.office and p.case_no = r.case_no and r.until_at >= p.occurred_at
    where p.step = 'pause' and r.step = 'resume'
    group by p.position
)

select
    p.position,
    p.office,
    p.case_no,
    p.precision,
    p.occurred_at,
    p.until_at,
    p.pause_kind,
    p.reason,
    coalesce(p.occurred_at > e.closed_until, false) as is_after_finish,
    m.earliest_at,
    m.proven_at,
    m.proven_until,
    m.tied_until,
    coalesce(m.tied, 0) as tied
from acts as p
left join matched as m on p.position = m.position
left join core.case_ends as e on p.office = e.office and p.case_no = e.case_no
where p.step = 'pause'
