/*
title = "受理至登簿"
why   = "From when to when each booked case took, without seizures, cancellations and what robots handled: from acceptance to the last booking. Without an acceptance, from the first review before the booking, which it took at least; else no time at all."
per_case = true
*/
with

robots as (
    select distinct
        office,
        case_no
    from core.steps
    where is_robot and step in ('accept', 'review', 'book')
),

dates as (
    select
        office,
        case_no,
        coalesce(bool_or(precision = 'date') filter (where step <> 'review'), false) as has_dates,
        bool_or(precision = 'date') as has_any_dates,
        min(occurred_at) filter (where step = 'review' and evidence = 'recorded') as reviewed_at,
        list_sort(array_agg(position) filter (where step <> 'review')) as positions
    from core.steps
    where step in ('accept', 'review') or (step = 'book' and result = 'approve')
    group by office, case_no
)

select
    c.office,
    c.case_no,
    c.registration_title,
    case when c.accepted_at is not null then [c.accept_position] else dates.positions end as evidence,
    c.accepted_at is not null as is_accepted,
    case
        when c.accepted_at is not null then c.accepted_at
        when dates.reviewed_at < c.booked_at then dates.reviewed_at
        else c.booked_at
    end as begun_at,
    c.booked_at,
    case when c.accepted_at is null then dates.has_any_dates else dates.has_dates end as has_dates,
    coalesce(o.calendar, '*') as calendar
from core.cases as c
inner join dates on c.office = dates.office and c.case_no = dates.case_no
left join robots on c.office = robots.office and c.case_no = robots.case_no
left join reference.offices as o on c.office = o.office
where
    c.booked_at >= case
        when c.accepted_at is null then c.booked_at
        when dates.has_dates then cast(c.accepted_at as date)
        else c.accepted_at
    end
    and robots.office is null
    and (c.registration_type is null or c.registration_type not in ('400', '800'))
