/*
title = "办件的不动产单元"
why   = "The unit numbers that a case's rows carry, as they are compared; a cell may hold several."
per_case = true
*/
with

numbers as (
    select
        office,
        case_no,
        unnest(string_split_regex(coalesce(f.folded, unit_no), '[\s,;、,;]+')) as unit_no
    from core.actions
    left join staging.folds as f on unit_no = f.writing
    where unit_no is not null
)

select distinct
    office,
    case_no,
    unit_no
from numbers
where unit_no <> ''
