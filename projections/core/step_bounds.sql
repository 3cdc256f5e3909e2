/*
title = "环节的时间界限"
why   = "When the first and the last of a case's acts of each step can have been done: one row a case. What begins with open_ counts the acts whose result nobody knows as well."
per_case = true
*/
select
    office,
    case_no,
    min(from_at) filter (where step = 'accept') as accepted_from,
    min(until_at) filter (where step = 'accept') as accepted_until,
    min(until_at) filter (where step = 'review') as reviewed_until,
    min(from_at) filter (where step = 'review' and is_effective) as first_approved_from,
    max(from_at) filter (where step = 'review' and is_effective) as last_approved_from,
    min(from_at) filter (where step = 'book' and is_effective) as first_booked_from,
    min(until_at) filter (where step = 'book' and is_effective) as first_booked_until,
    max(from_at) filter (where step = 'book' and is_effective) as last_booked_from,
    max(until_at) filter (where step = 'book' and is_effective) as last_booked_until,
    min(until_at) filter (where step = 'certify' and is_effective) as certified_until,
    min(until_at) filter (where step = 'issue' and is_effective) as issued_until,
    min(until_at) filter (where step = 'file' and is_effective) as filed_until,
    min(until_at) filter (where step = 'refuse') as refused_until,
    min(until_at) filter (where step = 'withdraw') as withdrawn_until,
    max(from_at) filter (where step = 'withdraw') as withdrawn_from,
    min(from_at) filter (where step in ('refuse', 'withdraw')) as ended_from,
    max(from_at) filter (where step = 'review' and (is_effective or is_unsure)) as open_approved_from,
    min(until_at) filter (where step = 'book') as open_booked_until,
    max(from_at) filter (where step = 'book') as open_booked_from,
    min(until_at) filter (where step in ('certify', 'issue', 'file')) as open_later_until,
    bool_or(is_unsure) as has_unsure,
    list_sort(array_agg(position) filter (where is_effective and step in ('accept', 'book'))) as order_positions,
    array_agg(position) filter (where is_effective and step = 'book') as book_positions,
    coalesce(bool_or(precision = 'date') filter (where is_effective and step in ('accept', 'book')), false) as is_order_dated
from core.act_bounds
group by office, case_no
