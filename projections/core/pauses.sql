/*
title = "暂停"
why   = "From a pause row to the next resume of the case, or still open. Where either is a date, dates decide. A resumption at the moment (or on the day) of a pause that ended an earlier one is not this one's, if this one has its own."
per_case = true
*/
with

acts as (
    select
        *,
        cast(occurred_at as date) as on_date
    from core.steps
    where step in ('pause', 'resume')
),

pauses as (
    select * from acts
    where step = 'pause'
),

-- Each pause with the others and the resumptions of its case: before it (-1), at its very moment or day (0), after it (1).
beside as (
    select
        p.position,
        x.step,
        x.occurred_at,
        case
            when 'date' in (p.precision, x.precision)
                then case when x.on_date < p.on_date then -1 when x.on_date = p.on_date then 0 else 1 end
            when x.occurred_at < p.occurred_at then -1
            when x.occurred_at = p.occurred_at then 0
            else 1
        end as side
    from pauses as p
    inner join acts as x on p.office = x.office and p.case_no = x.case_no
),

resumes as (
    select
        position,
        min(occurred_at) filter (where step = 'resume' and side = 0) as same_at,
        min(occurred_at) filter (where step = 'resume' and side = 1) as later_at,
        min(occurred_at) filter (where step = 'pause' and side = 1) as paused_again_at,
        count(*) filter (where step = 'pause' and side = -1) > count(*) filter (where step = 'resume' and side = -1)
            as was_paused
    from beside
    group by position
),

matched as (
    select
        position,
        case
            when same_at is null then later_at
            -- It ended the pause before this one, if there is another resumption that would else end none.
            when was_paused and later_at is not null and coalesce(paused_again_at >= later_at, true) then later_at
            else same_at
        end as resumed_at
    from resumes
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
    matched.resumed_at
from pauses as p
left join matched on p.position = matched.position
left join reference.pause_kinds as kinds on p.pause_kind = kinds.pause_kind
