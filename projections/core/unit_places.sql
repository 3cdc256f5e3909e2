/*
title = "同一单元的登簿"
why   = "Booked cases that share a unit with another application; seizures are compared with seizures alone. The cases of a batch are one application. One without an acceptance may have been accepted at any time before it was reviewed or booked."
per_key = ["unit_no", "office"]

[key_of]
"core.case_units" = ["unit_no", "office"]
*/
with

-- Most units are of one case: no bounds need be looked up for them.
shared as (
    select
        office,
        unit_no
    from core.case_units
    group by office, unit_no
    having count(*) > 1
),

places as (
    select
        u.office,
        u.unit_no,
        coalesce(c.registration_type = '800', false) as is_seizure,
        u.case_no,
        coalesce('batch:' || c.batch_no, 'case:' || u.case_no) as application,
        b.accepted_from is not null as is_accepted,
        coalesce(b.accepted_from, timestamp '0001-01-01 00:00:00') as accepted_from,
        coalesce(b.accepted_until, least(b.reviewed_until, b.first_booked_until)) as accepted_until,
        b.first_booked_from,
        b.first_booked_until,
        b.last_booked_from,
        b.last_booked_until
    from core.case_units as u
    inner join shared as s on u.office = s.office and u.unit_no = s.unit_no
    inner join core.step_bounds as b on u.office = b.office and u.case_no = b.case_no
    inner join core.cases as c on u.office = c.office and u.case_no = c.case_no
    where b.first_booked_from is not null
)

select
    office,
    unit_no,
    is_seizure,
    case_no,
    application,
    is_accepted,
    accepted_from,
    accepted_until,
    first_booked_from,
    first_booked_until,
    last_booked_from,
    last_booked_until
from places
qualify
    min(application) over (partition by office, unit_no, is_seizure)
    <> max(application) over (partition by office, unit_no, is_seizure)
