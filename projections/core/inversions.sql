/*
title = "环节倒置"
why   = "Pairs of acts of one case in the wrong order: the early one should have come after the late one. What was done again is held against its own round: the last booking against the last approval, the first against the first. Not sure where acts whose result nobody knows might put it right."
per_case = true
*/
with

inverted as (
    select office, case_no, 1 as pair_no, 'review' as early_step, reviewed_until as until_at,
        'accept' as late_step, accepted_from as from_at
    from core.step_bounds
    where reviewed_until < accepted_from
    union all
    select office, case_no, 2 as pair_no, 'book' as early_step, last_booked_until as until_at,
        'review' as late_step, last_approved_from as from_at
    from core.step_bounds
    where last_booked_until < last_approved_from
    union all
    select office, case_no, 3 as pair_no, 'book' as early_step, first_booked_until as until_at,
        'review' as late_step, first_approved_from as from_at
    from core.step_bounds
    where
        first_booked_until < first_approved_from
        and (has_unsure or not coalesce(last_booked_until < last_approved_from, false))
    union all
    select office, case_no, 4 as pair_no, 'certify' as early_step, certified_until as until_at,
        'book' as late_step, first_booked_from as from_at
    from core.step_bounds
    where certified_until < first_booked_from
    union all
    select office, case_no, 5 as pair_no, 'issue' as early_step, issued_until as until_at,
        'book' as late_step, first_booked_from as from_at
    from core.step_bounds
    where issued_until < first_booked_from
    union all
    select office, case_no, 6 as pair_no, 'file' as early_step, filed_until as until_at,
        'book' as late_step, first_booked_from as from_at
    from core.step_bounds
    where filed_until < first_booked_from and not coalesce(ended_from <= filed_until, false)
    union all
    select office, case_no, 7 as pair_no, 'book' as early_step, first_booked_until as until_at,
        'withdraw' as late_step, withdrawn_from as from_at
    from core.step_bounds
    where first_booked_until < withdrawn_from
    union all
    -- One that came after a booking is no valid withdrawal, and told above.
    select office, case_no, 8 as pair_no, 'withdraw' as early_step, withdrawn_until as until_at, 'book' as late_step,
        case when withdrawn_until < first_booked_from then first_booked_from else last_booked_from end as from_at
    from core.step_bounds
    where
        withdrawn_until < first_booked_from
        or (withdrawn_until < last_booked_from and not coalesce(first_booked_until < withdrawn_from, false))
    union all
    select office, case_no, 9 as pair_no, 'refuse' as early_step, refused_until as until_at,
        'book' as late_step, last_booked_from as from_at
    from core.step_bounds
    where refused_until < last_booked_from
),

-- Of the few cases concerned: else all acts are held against each other.
acts as (
    select a.*
    from core.act_bounds as a
    inner join (select distinct office, case_no from inverted) as i
        on a.office = i.office and a.case_no = i.case_no
)

select
    i.office, i.case_no, i.pair_no, i.early_step, i.late_step,
    bool_or(i.pair_no in (1, 7, 8, 9) or not b.has_unsure) as is_sure,
    min(struct_pack(at := e.occurred_at, number := e.position, precision := e.precision)) as early,
    min(struct_pack(at := l.occurred_at, number := l.position, precision := l.precision)) as late
from inverted as i
inner join core.step_bounds as b on i.office = b.office and i.case_no = b.case_no
inner join acts as e
    on i.office = e.office and i.case_no = e.case_no and i.early_step = e.step and i.until_at = e.until_at
inner join acts as l
    on i.office = l.office and i.case_no = l.case_no and i.late_step = l.step and i.from_at = l.from_at
where (e.is_effective or i.pair_no = 1) and l.is_effective
group by i.office, i.case_no, i.pair_no, i.early_step, i.late_step
