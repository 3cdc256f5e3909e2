/*
title = "排队位置"
why   = "Each case in its queue. Where cases are dispatched to persons the desk is the first reviewer's; a case still unreviewed is on the desk of whom its last assign row names, if the reviews of other cases show that this person takes what those rows give and does not hand it out. A desk that is not known is null."
per_key = ["unit", "office"]

[key_of]
"core.cases" = ["coalesce('batch:' || batch_no, 'case:' || case_no)", "office"]
"core.queue_takers" = """
select coalesce('batch:' || c.batch_no, 'case:' || a.case_no), a.office
from changed
inner join core.queue_arrivals as a on changed.office = a.office and changed.assigner_id = a.assigner_id
inner join core.cases as c on a.office = c.office and a.case_no = c.case_no
"""
*/
with

-- A batch is as early as its earliest case; of one that is in no queue only the day of its first row is known.
unplaced as (
    select
        c.office,
        c.limit_class,
        c.batch_no,
        min(cast(c.first_at as date)) as first_on
    from core.cases as c
    left join core.queue_arrivals as a on c.office = a.office and c.case_no = a.case_no
    where c.batch_no is not null and a.office is null
    group by c.office, c.limit_class, c.batch_no
)

select
    a.office,
    a.case_no,
    a.arrived_at,
    a.arrival_position,
    a.started_at,
    a.review_position,
    c.limit_class,
    coalesce('batch:' || c.batch_no, 'case:' || a.case_no) as unit,
    case
        when profile.dispatch <> 'assigned' then ''
        when a.started_at is not null then a.reviewer_id
        else t.assigner_id
    end as desk,
    c.accept_position,
    l.left_at,
    m.first_on as unplaced_on
from core.queue_arrivals as a
cross join reference.profile as profile
inner join core.cases as c on a.office = c.office and a.case_no = c.case_no
left join core.queue_leaves as l on a.office = l.office and a.case_no = l.case_no
left join core.queue_takers as t on a.office = t.office and a.assigner_id = t.assigner_id
left join unplaced as m
    on c.office = m.office and c.limit_class = m.limit_class and c.batch_no = m.batch_no
where c.limit_class is not null and not (profile.dispatch = 'assigned' and a.is_robot)
