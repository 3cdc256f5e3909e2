/*
title = "作为证据的操作"
why   = "The published actions at log positions ($positions), with the file that each came in."
*/
select
    s.position,
    s.office,
    s.case_no,
    s.step,
    s.node,
    s.result,
    s.started_at,
    s.occurred_at,
    s.precision,
    s.evidence,
    s.account,
    s.operator,
    s.person_id,
    s.person_name,
    s.is_robot,
    s.terminal,
    s.reason,
    s.import_no,
    i.file_name,
    s.table_name,
    s.row_no
from main.steps as s
inner join main.imports as i on s.import_no = i.import_no
where s.position in (select unnest(cast($positions as bigint[])))
