/*
title = "环节倒置"
why   = "Pairs of acts of one case in the wrong order: the early one should have come after the late one. What was done again is held against its own round: the last booking against the last approval, the first against the first. Not sure where acts whose result nobody knows might put it right."
per_case = true
*/
with

bounds as (
    select * from core.step_bounds
),

-- A booking or review is put right by a later one of its round; a withdrawal after a booking is told as such alone.
redone as (
    select
        *,
        first_booked_until < first_approved_from
        and (has_unsure or not coalesce(last_booked_until < last_approved_from, false)) as is_first_early,
        filed_until < first_booked_from and not coalesce(ended_from <= filed_until, false) as is_filed_early,
        withdrawn_until < first_booked_from
        or (withdrawn_until < last_booked_from and not coalesce(first_booked_until < withdrawn_from, false))
            as is_booked_after,
        case when withdrawn_until < first_booked_from then first_booked_from else last_booked_from end as rebooked_from
    from bounds
),

paired as (
    select
        office,
        case_no,
        has_unsure,
        unnest([
            {'no': 1, 'early': 'review', 'until_at': reviewed_until, 'late': 'accept', 'from_at': accepted_from,
             'is_wrong': reviewed_until < accepted_from},
            {'no': 2, 'early': 'book', 'until_at': last_booked_until, 'late': 'review', 'from_at': last_approved_from,
             'is_wrong': last_booked_until < last_approved_from},
            {'no': 3, 'early': 'book', 'until_at': first_booked_until, 'late': 'review', 'from_at': first_approved_from,
             'is_wrong': is_first_early},
            {'no': 4, 'early': 'certify', 'until_at': certified_until, 'late': 'book', 'from_at': first_booked_from,
             'is_wrong': certified_until < first_booked_from},
            {'no': 5, 'early': 'issue', 'until_at': issued_until, 'late': 'book', 'from_at': first_booked_from,
             'is_wrong': issued_until < first_booked_from},
            {'no': 6, 'early': 'file', 'until_at': filed_until, 'late': 'book', 'from_at': first_booked_from,
             'is_wrong': is_filed_early},
            {'no': 7, 'early': 'book', 'until_at': first_booked_until, 'late': 'withdraw', 'from_at': withdrawn_from,
             'is_wrong': first_booked_until < withdrawn_from},
            {'no': 8, 'early': 'withdraw', 'until_at': withdrawn_until, 'late': 'book', 'from_at': rebooked_from,
             'is_wrong': is_booked_after},
            {'no': 9, 'early': 'refuse', 'until_at': refused_until, 'late': 'book', 'from_at': last_booked_from,
             'is_wrong': refused_until < last_booked_from}
        ]) as pair
    from redone
)

select
    i.office,
    i.case_no,
    i.pair.no as pair_no,
    i.pair.early as early_step,
    i.pair.late as late_step,
    bool_or(i.pair.no in (1, 7, 8, 9) or not i.has_unsure) as is_sure,
    min(struct_pack(at := e.occurred_at, number := e.position, precision := e.precision)) as early,
    min(struct_pack(at := l.occurred_at, number := l.position, precision := l.precision)) as late
from paired as i
inner join core.act_bounds as e
    on i.office = e.office and i.case_no = e.case_no and i.pair.early = e.step and i.pair.until_at = e.until_at
inner join core.act_bounds as l
    on i.office = l.office and i.case_no = l.case_no and i.pair.late = l.step and i.pair.from_at = l.from_at
where i.pair.is_wrong and (e.is_effective or i.pair.no = 1) and l.is_effective
group by i.office, i.case_no, i.pair.no, i.pair.early, i.pair.late
