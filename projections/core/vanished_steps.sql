/*
title = "缺失的环节"
why   = "Actions that a later export of the same source lacks though it declares to cover their day."
*/
select
    v.position,
    v.step_position,
    v.office,
    v.case_no,
    s.step,
    s.occurred_at,
    s.precision,
    v.import_no,
    i.position as import_position,
    i.file_name,
    i.source,
    i.covers_from,
    i.covers_to
from staging.vanished_steps as v
inner join staging.steps as s on v.step_position = s.position
inner join staging.imports as i on v.import_no = i.import_no
