/*
title = "抽查表所列的办件"
why   = "What a form of the inspection says of cases ($offices and $case_nos, one of each a case): what they are, when they were handled, and who accepted and who approved last; no addresses, no right holders."
*/
with

wanted as (
    select
        unnest($offices) as office,
        unnest($case_nos) as case_no
),

acts as (
    select
        s.office,
        s.case_no,
        arg_min(
            coalesce(s.person_name, s.operator, s.account), struct_pack(at := s.occurred_at, position := s.position)
        ) filter (where s.step = 'accept') as accepted_by,
        arg_max(
            coalesce(s.person_name, s.operator, s.account),
            struct_pack(is_final := coalesce(contains(s.node, '核定'), false), at := s.occurred_at, position := s.position)
        ) filter (where s.step = 'review') as approved_by,
        list(distinct s.serial_no order by s.serial_no) filter (where s.serial_no is not null) as serial_nos
    from main.steps as s
    inner join wanted as w on s.office = w.office and s.case_no = w.case_no
    group by s.office, s.case_no
)

select
    c.office,
    c.case_no,
    c.registration_title,
    c.right_type,
    c.subtype,
    c.matter,
    c.limit_class,
    c.accepted_at,
    c.closed_at,
    c.close_kind,
    c.due_on,
    a.accepted_by,
    a.approved_by,
    a.serial_nos
from main.cases as c
inner join wanted as w on c.office = w.office and c.case_no = w.case_no
left join acts as a on c.office = a.office and c.case_no = a.case_no
order by c.office, c.case_no
