/*
rule     = "one-person"
version  = 4
title    = "一人办到底"
severity = "critical"
family   = "person"
subject  = "case"
answerable = true
basis    = ["宁波通知 六", "鄂尔多斯方案(18)"]
summary  = "业务 {case_no} 的受理、审核、登簿均由 {person_name} 一人办理"
unknown  = "受理、审核或登簿的人不明(没有受理记录、账号空白、当日名册两说,或审核记录由导出时生成),或审核、登簿的结果写法不明,无法判断是否一人办到底"
why      = "One natural person who accepts, approves and books a case can create a right that nobody else has seen."
not_this = "Review and booking by one registrar, with acceptance by another, is lawful in some places: see review-book-same. A review made up at export (steps.evidence) tells nobody: its actor is unknown. Who accepted a case without an acceptance is unknown: it is cleared where no one person reviewed and booked it. A result that nobody knows may be an approval, or not."
zh_why   = "同一自然人受理、审核同意、登簿,可以造出一个谁也没有看过的权利。"
zh_not_this = "由他人受理,一名登记员审核并登簿的,有的地方依法允许,见 review-book-same。审核记录由导出时生成的(steps.evidence),审核人不明。没有受理记录的,受理人不明;审核与登簿不是同一人的,可以排除。结果写法不明的,可能是同意,也可能不是。"
per_case = true

[params]
*/
with

core_acts as (
    select
        office,
        case_no,
        step,
        position,
        occurred_at,
        person_name,
        case when evidence = 'recorded' then person_id end as person_id,
        not is_robot and (person_id is null or evidence <> 'recorded') as is_unknown,
        step = 'accept' or not is_unsure as is_sure
    from core.steps
    where step = 'accept' or (step in ('review', 'book') and (result = 'approve' or is_unsure))
),

-- Reviews and bookings that may be none are counted apart.
per_case as (
    select
        office,
        case_no,
        count(*) filter (where step = 'accept') as accepts,
        count(*) filter (where step = 'review' and is_sure) as reviews,
        count(*) filter (where step = 'review' and not is_sure) as open_reviews,
        count(*) filter (where step = 'accept' and is_unknown) as unknown_accepts,
        count(*) filter (where step = 'review' and is_sure and is_unknown) as unknown_reviews,
        count(*) filter (where step = 'review' and is_unknown) as unknown_any_reviews,
        count(*) filter (where step = 'book' and is_unknown) as unknown_books,
        max(occurred_at) as occurred_at,
        array_agg(position) as evidence
    from core_acts
    group by office, case_no
    having count(*) filter (where step = 'review') > 0 and count(*) filter (where step = 'book') > 0
),

-- Acts without a person make one more candidate with no act to his name: he may have done all the unknown ones.
per_person as (
    select
        office,
        case_no,
        person_id,
        min(person_name) as person_name,
        count(*) filter (where step = 'accept' and person_id is not null) as accepts,
        count(*) filter (where step = 'review' and is_sure and person_id is not null) as reviews,
        count(*) filter (where step = 'review' and not is_sure and person_id is not null) as open_reviews,
        count(*) filter (where step = 'book' and is_sure and person_id is not null) as books,
        count(*) filter (where step = 'book' and person_id is not null) as any_books,
        array_agg(position) as positions
    from core_acts
    group by office, case_no, person_id
),

judged as (
    select
        p.*,
        p.accepts > 0
        and p.reviews > 0 and p.reviews = c.reviews and p.open_reviews = c.open_reviews
        and p.books > 0 as is_guilty,
        (c.accepts = 0 or p.accepts + c.unknown_accepts > 0)
        and p.reviews + c.unknown_reviews = c.reviews
        and p.reviews + p.open_reviews + c.unknown_any_reviews > 0
        and p.any_books + c.unknown_books > 0 as is_suspect
    from per_person as p
    inner join per_case as c on p.office = c.office and p.case_no = c.case_no
)

select
    c.office,
    c.case_no,
    min(j.person_id) filter (where j.is_guilty) as person_id,
    min(j.person_name) filter (where j.is_guilty) as person_name,
    any_value(c.occurred_at) as occurred_at,
    any_value(c.evidence) as evidence,
    flatten(array_agg(j.positions) filter (where j.is_guilty)) as act_positions,
    case when bool_or(j.is_guilty) then true when not bool_or(j.is_suspect) then false end as is_violation
from per_case as c
inner join judged as j on c.office = j.office and c.case_no = j.case_no
group by c.office, c.case_no
