/*
title = "办件所含业务"
why   = "Businesses combined under one number: each pair of registration type and right type that rows of the case carry."
per_case = true
*/
with

attributes as (
    select * from core.case_attributes
),

rows_with_types as (
    select
        office,
        case_no,
        registration_type,
        right_type
    from core.actions
    where registration_type is not null or right_type is not null
),

-- What a row leaves blank is as the case has it.
businesses as (
    select
        a.office,
        a.case_no,
        coalesce(r.registration_type, a.registration_type) as registration_type,
        coalesce(r.right_type, a.right_type) as right_type
    from attributes as a
    cross join reference.profile as profile
    inner join rows_with_types as r on a.office = r.office and a.case_no = r.case_no
    where profile.combined = 'longer'

    union

    select
        office,
        case_no,
        registration_type,
        right_type
    from attributes
)

select * from businesses
