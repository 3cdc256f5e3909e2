/*
title    = "环节的缺口"
why      = "What each booked, certified, issued or filed case lacks before that: an approving review, a booking; and the first action that lacks it."
per_case = true
*/
with

acts as (
    select
        *,
        step in ('certify', 'issue', 'file') as is_later
    from core.steps
    where step = 'accept' or (step in ('review', 'book', 'certify', 'issue', 'file') and result = 'approve')
),

per_case as (
    select
        office,
        case_no,
        count(*) filter (where step = 'accept') as accepts,
        count(*) filter (where step = 'review' and evidence = 'recorded') as reviews,
        count(*) filter (where step = 'review' and evidence <> 'recorded') as made_up_reviews,
        count(*) filter (where step = 'book') as books,
        count(*) filter (where is_later) as laters,
        list_sort(array_agg(position)) as evidence
    from acts
    group by office, case_no
    having count(*) filter (where step = 'book' or is_later) > 0
),

faults as (
    select
        *,
        books > 0 and reviews = 0 as is_unreviewed,
        laters > 0 and books = 0 as is_unbooked
    from per_case
),

-- The steps that lack the one before them.
baseless as (
    select
        a.office,
        a.case_no,
        min(struct_pack(at := a.occurred_at, number := a.position, precision := a.precision)) as first,
        min(a.position) as first_position,
        array_agg(a.position) as positions,
        concat_ws(
            '、',
            max(v.title) filter (where a.step = 'certify'),
            max(v.title) filter (where a.step = 'issue'),
            max(v.title) filter (where a.step = 'file')
        ) as laters
    from acts as a
    inner join faults as f on a.office = f.office and a.case_no = f.case_no
    left join reference.vocabulary as v on v.column_name = 'step' and a.step = v.value
    where (a.step = 'book' and f.is_unreviewed) or (a.is_later and f.is_unbooked)
    group by a.office, a.case_no
)

select
    f.office,
    f.case_no,
    c.registration_title,
    f.accepts,
    f.made_up_reviews,
    f.is_unreviewed,
    f.is_unbooked,
    f.evidence,
    b.laters,
    b.first.at as occurred_at,
    b.first.precision as precision,
    b.first_position,
    b.positions as baseless_positions
from faults as f
inner join core.cases as c on f.office = c.office and f.case_no = c.case_no
left join baseless as b on f.office = b.office and f.case_no = b.case_no
