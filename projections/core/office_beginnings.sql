/*
title = "数据的起点"
why   = "The first day that the log covers for each office: of its first action, or of what an export declared to hold from then on. What is missing of a case that begins soon after may lie before it."
*/
with

days as (
    select
        office,
        cast(min(first_at) as date) as first_on
    from core.case_attributes
    group by office

    union all

    select
        unnest(offices) as office,
        covers_from as first_on
    from staging.imports
    where covers_from is not null and kind = 'steps'
)

select
    office,
    min(first_on) as first_on
from days
group by office
