/*
title = "环节的时间界限"
why   = "When the first and the last of a case's acts of each step can have been done: one row a case."
per_case = true
*/
select
    office,
    case_no,
    min(from_at) filter (where step = 'accept') as accepted_from,
    min(until_at) filter (where step = 'accept') as accepted_until,
    min(until_at) filter (where step = 'review') as reviewed_until,
    min(from_at) filter (where step = 'review' and is_approving) as first_approved_from,
    max(from_at) filter (where step = 'review' and is_approving) as last_approved_from,
    min(from_at) filter (where step = 'book') as first_booked_from,
    min(until_at) filter (where step = 'book') as first_booked_until,
    max(from_at) filter (where step = 'book') as last_booked_from,
    max(until_at) filter (where step = 'book') as last_booked_until,
    min(until_at) filter (where step = 'certify') as certified_until,
    min(until_at) filter (where step = 'issue') as issued_until,
    min(until_at) filter (where step = 'file') as filed_until,
    max(from_at) filter (where step = 'withdraw') as withdrawn_from,
    list_sort(array_agg(position) filter (where step in ('accept', 'book'))) as order_positions,
    array_agg(position) filter (where step = 'book') as book_positions,
    coalesce(bool_or(precision = 'date') filter (where step in ('accept', 'book')), false) as is_order_dated
from core.act_bounds
group by office, case_no
