/*
rule     = "one-person"
version  = 1
title    = "一人办到底"
severity = "critical"
subject  = "case"
basis    = ["宁波通知 六", "鄂尔多斯方案(18)"]
summary  = "业务 {case_no} 的受理、审核、登簿均由 {person_name} 一人办理"
why      = "One natural person who accepts, approves and books a case can create a right that nobody else has seen."
not_this = "Review and booking by one registrar, with acceptance by another, is lawful in some places: see review-book-same."

[params]
*/
with

core_acts as (
    select
        *,
        cast(person_id is not null as integer) as is_known,
        cast(person_id is null and not is_robot as integer) as is_unknown,
        cast(step = 'accept' as integer) as is_accept,
        cast(step = 'review' as integer) as is_review,
        cast(step = 'book' as integer) as is_book
    from core.steps
    where step = 'accept' or (step in ('review', 'book') and result = 'approve')
),

per_case as (
    select
        office,
        case_no,
        sum(is_review) as reviews,
        sum(is_accept * is_unknown) as unknown_accepts,
        sum(is_review * is_unknown) as unknown_reviews,
        sum(is_book * is_unknown) as unknown_books,
        max(occurred_at) as occurred_at,
        array_agg(position) as evidence
    from core_acts
    group by office, case_no
    having sum(is_accept) > 0 and sum(is_review) > 0 and sum(is_book) > 0
),

-- The acts without a person make one more candidate, with no act to his name: he may have done all the unknown ones.
per_person as (
    select
        office,
        case_no,
        person_id,
        min(person_name) as person_name,
        sum(is_accept * is_known) as accepts,
        sum(is_review * is_known) as reviews,
        sum(is_book * is_known) as books
    from core_acts
    group by office, case_no, person_id
),

judged as (
    select
        p.office,
        p.case_no,
        p.person_id,
        p.person_name,
        p.accepts > 0 and p.reviews = c.reviews and p.books > 0 as is_guilty,
        p.accepts + c.unknown_accepts > 0
        and p.reviews + c.unknown_reviews = c.reviews
        and p.books + c.unknown_books > 0 as is_suspect
    from per_person as p
    inner join per_case as c on p.office = c.office and p.case_no = c.case_no
),

verdicts as (
    select
        office,
        case_no,
        min(person_id) filter (where is_guilty) as person_id,
        min(person_name) filter (where is_guilty) as person_name,
        case when bool_or(is_guilty) then true when not bool_or(is_suspect) then false end as is_violation
    from judged
    group by office, case_no
)

select
    v.office,
    v.case_no,
    v.person_id,
    v.person_name,
    c.occurred_at,
    c.evidence,
    v.is_violation
from verdicts as v
inner join per_case as c on v.office = c.office and v.case_no = c.case_no
