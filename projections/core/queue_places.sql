/*
title = "排队位置"
why   = "Each case in its queue. Where cases are dispatched to persons the desk is the first reviewer's; a case still unreviewed is on the desk of whom its last assign row names, if the reviews of other cases show that this person takes what those rows give and does not hand it out. A desk that is not known is null."
per_key = ["unit", "office"]

[key_of]
"core.cases" = ["coalesce('batch:' || batch_no, 'case:' || case_no)", "office"]
"core.batch_parts" = ["'batch:' || batch_no", "office"]
"core.queue_takers" = """
select coalesce('batch:' || c.batch_no, 'case:' || a.case_no), a.office
from changed
inner join core.queue_arrivals as a on changed.office = a.office and changed.assigner_id = a.assigner_id
inner join core.cases as c on a.office = c.office and a.case_no = c.case_no
"""
*/
with

-- Of a case of the batch that is in no queue only the day is known, and so not of which part it is.
unplaced as (
    select
        office,
        limit_class,
        batch_no,
        span,
        min(accepted_on) as first_on
    from core.batch_parts
    where not is_placed
    group by office, limit_class, batch_no, span
),

leaves as (
    select
        office,
        case_no,
        min(away_from) as left_at
    from core.queue_absences as q
    semi join core.cases as c on q.office = c.office and q.case_no = c.case_no
    where away_until is null
    group by office, case_no
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
    b.span,
    b.part_no,
    coalesce(b.is_doubtful, false) as is_doubtful,
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
left join core.batch_parts as b on a.office = b.office and a.case_no = b.case_no
left join leaves as l on a.office = l.office and a.case_no = l.case_no
left join core.queue_takers as t on a.office = t.office and a.assigner_id = t.assigner_id
left join unplaced as m
    on b.office = m.office and b.limit_class = m.limit_class and b.batch_no = m.batch_no and b.span = m.span
where c.limit_class is not null and not (profile.dispatch = 'assigned' and a.is_robot)
