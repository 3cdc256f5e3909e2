/*
title = "暂停"
why   = "From a pause row to the next resume of the case, or still open. Where either is a date, dates decide."
per_case = true
*/
with

pauses as (
    select * from core.steps
    where step = 'pause'
),

resumes as (
    select * from core.steps
    where step = 'resume'
),

matched as (
    select
        p.position,
        min(r.occurred_at) as resumed_at
    from pauses as p
    inner join resumes as r
        on
            p.office = r.office
            and p.case_no = r.case_no
            and case
                when 'date' in (p.precision, r.precision)
                    then cast(r.occurred_at as date) >= cast(p.occurred_at as date)
                else r.occurred_at >= p.occurred_at
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
    matched.resumed_at
from pauses as p
left join matched on p.position = matched.position
left join reference.pause_kinds as kinds on p.pause_kind = kinds.pause_kind
