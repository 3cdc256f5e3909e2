/*
title = "被改的环节"
why   = "Later versions of known actions, beside the version that stands."
per_case = true
*/
with

versions as (
    select * from staging.steps
    where is_altered
),

firsts as (
    select
        action_id,
        min(position) as position
    from staging.steps
    where not is_altered and not is_extended
    group by action_id
)

select
    v.position,
    f.position as first_position,
    v.office,
    v.case_no,
    v.step,
    v.occurred_at,
    v.import_no,
    v.row_no
from versions as v
inner join firsts as f on v.action_id = f.action_id
