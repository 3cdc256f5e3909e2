/*
title    = "环节的缺口"
why      = "What each case that was reviewed or came further lacks before that: an acceptance, an approving review, a booking, an end. Null where a result that nobody knows, or a review made up at export, leaves it open. With the first action that lacks it."
per_case = true
*/
with

acts as (
    select
        s.*,
        v.title,
        case when s.step in ('certify', 'issue') then 'title' else s.step end as kind,
        case
            when s.is_unsure or (s.result = 'approve' and s.evidence <> 'recorded') then 1
            when s.result = 'approve' then 2
            else 0
        end as weight,
        struct_pack(at := s.occurred_at, number := s.position, precision := s.precision) as told
    from core.steps as s
    left join reference.vocabulary as v on v.column_name = 'step' and s.step = v.value
    where
        s.step in ('accept', 'review', 'book', 'certify', 'issue', 'file')
        or (s.step = 'refuse' and s.result not in ('return', 'transfer'))
        or (s.step = 'withdraw' and s.result not in ('return', 'reject', 'transfer'))
),

-- A weight of 2 is surely there, 0 or none surely not; 1 is neither.
counted as (
    select
        office,
        case_no,
        count(*) filter (where kind = 'accept') as accepts,
        count(*) filter (where kind in ('refuse', 'withdraw')) as ends,
        nullif(coalesce(max(weight) filter (where kind = 'review'), 0), 1) = 2 as is_reviewed,
        nullif(coalesce(max(weight) filter (where kind = 'book'), 0), 1) = 2 as is_booked,
        nullif(coalesce(max(weight) filter (where kind = 'title'), 0), 1) = 2 as is_titled,
        nullif(coalesce(max(weight) filter (where kind = 'file'), 0), 1) = 2 as is_filed,
        concat_ws(
            '、', max(title) filter (where step = 'review'), max(title) filter (where step = 'book'),
            max(title) filter (where step = 'certify'), max(title) filter (where step = 'issue'),
            max(title) filter (where step = 'file')
        ) as acts,
        concat_ws(
            '、', max(title) filter (where step = 'certify' and weight = 2),
            max(title) filter (where step = 'issue' and weight = 2)
        ) as titles,
        max(title) filter (where kind = 'file') as filing,
        min(told) filter (where kind not in ('accept', 'refuse', 'withdraw')) as first_act,
        min(told) filter (where kind = 'book' and weight = 2) as first_booking,
        min(told) filter (where kind = 'title' and weight = 2) as first_title,
        min(told) filter (where kind = 'file' and weight = 2) as first_filing,
        min(position) filter (where kind not in ('accept', 'refuse', 'withdraw')) as act_position,
        min(position) filter (where kind = 'book' and weight = 2) as booking_position,
        min(position) filter (where kind = 'title' and weight = 2) as title_position,
        min(position) filter (where kind = 'file' and weight = 2) as filing_position,
        array_agg(position) filter (where kind not in ('accept', 'refuse', 'withdraw')) as act_positions,
        array_agg(position) filter (where kind = 'book' and weight = 2) as booking_positions,
        array_agg(position) filter (where kind = 'title' and weight = 2) as title_positions,
        array_agg(position) filter (where kind = 'file' and weight = 2) as filing_positions,
        list_sort(array_agg(position)) as evidence
    from acts
    group by office, case_no
)

-- As nothing is missing of a case that is only accepted and reviewed, it is not told.
select
    office,
    case_no,
    accepts = 0 as is_unaccepted,
    is_booked and not is_reviewed as is_unreviewed,
    is_titled and not is_booked as is_unbooked,
    is_filed and not is_booked and ends = 0 as is_endless,
    acts, titles, filing,
    first_act, first_booking, first_title, first_filing,
    act_position, booking_position, title_position, filing_position,
    act_positions, booking_positions, title_positions, filing_positions,
    evidence
from counted
where acts <> '' and (accepts = 0 or coalesce(is_booked or is_titled or is_filed, true))
