/*
title = "办件的人"
why   = "Who accepted, reviewed and booked each case: the first acceptance, the last review and the last booking, and everybody who did such an act. A blank actor and a review made up at export are nobody, robots no persons: whoever stands there last, nobody else is put in his place; they are counted apart."
per_case = true
*/
with

acts as (
    select
        office,
        case_no,
        step,
        evidence = 'recorded' as is_recorded,
        is_robot,
        case when evidence = 'recorded' then person_id end as person_id,
        person_name,
        struct_pack(at := occurred_at, number := position) as told
    from core.steps
    where step in ('accept', 'review', 'book')
),

persons as (
    select
        *,
        struct_pack(id := person_id, name := case when person_id is not null then person_name end) as person
    from acts
),

-- Lists made distinct: an aggregate over distinct values takes a pass of its own for each filter.
counted as (
    select
        office,
        case_no,
        arg_min(person, told) filter (where step = 'accept') as acceptor,
        arg_max(person, told) filter (where step = 'review') as reviewer,
        arg_max(person, told) filter (where step = 'book') as booker,
        list_sort(list_distinct(array_agg(person_id) filter (where step = 'accept' and person_id is not null))) as acceptors,
        list_sort(list_distinct(array_agg(person_id) filter (where step = 'review' and person_id is not null))) as reviewers,
        list_sort(list_distinct(array_agg(person_id) filter (where step = 'book' and person_id is not null))) as bookers,
        count(*) filter (where step = 'review') as reviews,
        count(*) filter (where is_robot and is_recorded) as robot_acts,
        count(*) filter (where person_id is null and not (is_robot and is_recorded)) as unknown_acts
    from persons
    group by office, case_no
)

select
    c.office,
    c.case_no,
    n.acceptor.id as accepted_by,
    n.acceptor.name as accepted_name,
    n.reviewer.id as reviewed_by,
    n.reviewer.name as reviewed_name,
    n.booker.id as booked_by,
    n.booker.name as booked_name,
    coalesce(n.acceptors, []) as acceptors,
    coalesce(n.reviewers, []) as reviewers,
    coalesce(n.bookers, []) as bookers,
    coalesce(n.reviews, 0) as reviews,
    coalesce(n.robot_acts, 0) as robot_acts,
    coalesce(n.unknown_acts, 0) as unknown_acts
from core.cases as c
left join counted as n on c.office = n.office and c.case_no = n.case_no
