/*
title = "登记机构"
why   = "Every office that the settings, the log or a roster name, with what there is of it."
*/
with

counted as (
    select
        office,
        cast(min(first_at) as date) as first_on,
        cast(max(last_at) as date) as last_on,
        count(*) as cases,
        count(*) filter (where state <> 'closed') as open_cases
    from core.cases
    group by office
),

known as (
    select office from reference.named_offices
    union
    select office from counted
    union
    select office from core.roster_terms
    where office is not null
)

select
    k.office,
    n.title,
    coalesce(o.calendar, '*') as calendar,
    c.first_on,
    c.last_on,
    coalesce(c.cases, 0) as cases,
    coalesce(c.open_cases, 0) as open_cases,
    coalesce(c.cases - c.open_cases, 0) as closed_cases,
    n.until_on
from known as k
left join reference.named_offices as n on k.office = n.office
left join reference.offices as o on k.office = o.office
left join counted as c on k.office = c.office
