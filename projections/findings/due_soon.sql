/*
rule     = "due-soon"
version  = 1
title    = "超期预警"
severity = "minor"
subject  = "case"
basis    = ["鄂尔多斯方案(18)", "实施清单26"]
summary  = "业务 {case_no}{kind}{accepted_at:day}受理,应于{due_on:day}前办结,{remaining}"
why      = "An open case that is not late yet but is due within warn_days working days."
not_this = "A case that is already late is overdue; one whose clock is stopped has no due day."
per_case = true

[params.warn_days]
value = 1
about = "提前几个工作日预警"
*/
with

cases as (
    select
        *,
        coalesce('(' || registration_title || ')', ' ') as kind
    from core.cases
    cross join reference.run
    where closed_at is null and due_state <> 'none'
),

counted as (
    select
        cases.*,
        clocks.due_ordinal - clocks.clocked_ordinal as days_left
    from cases
    inner join core.clocks as clocks on cases.office = clocks.office and cases.case_no = clocks.case_no
)

select
    c.office,
    c.case_no,
    c.kind,
    c.accepted_at,
    c.due_on,
    c.as_of as occurred_at,
    case when c.due_on = c.as_of_on then '今日到期' else '还剩 ' || c.days_left || ' 个工作日' end as remaining,
    c.limit_basis as basis,
    [c.accept_position] as evidence,
    case
        when c.due_state = 'fixed' then c.due_on >= c.as_of_on and c.days_left <= p.warn_days
        when c.due_state = 'paused' then false
    end as is_violation
from counted as c
cross join params.due_soon as p
