/*
title = "补列的环节"
why   = "What later exports add to known actions in columns that came when the log had begun, beside the version that stands. What an altered version has of these counts as well where the first had nothing: no other says otherwise."
per_case = true
*/
with

versions as (
    select
        *,
        not is_extended as is_of_altered
    from staging.steps
    where is_extended or (is_altered and (subtype is not null or matter is not null))
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
    v.subtype,
    v.matter,
    v.is_of_altered,
    v.import_no,
    v.row_no
from versions as v
inner join firsts as f on v.action_id = f.action_id
