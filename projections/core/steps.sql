/*
title = "环节"
why = "Every action up to the as-of time: who did it, until when it was done at the latest (a date is its whole day), and whether a platform recorded it or an export made it up."
per_case = true
*/
with

synthesised as (
    select * from core.synthesised_reviews
)

select
    a.position,
    a.office,
    a.case_no,
    a.step,
    a.node,
    a.order_no,
    a.result,
    a.is_unsure,
    a.started_at,
    a.started_precision,
    a.occurred_at,
    a.precision,
    case
        when a.precision = 'date'
            then cast(cast(a.occurred_at as date) as timestamp) + interval 1 day - interval 1 microsecond
        else a.occurred_at
    end as until_at,
    case when s.position is null then 'recorded' else 'synthesised' end as evidence,
    a.account,
    a.operator,
    a.person_id,
    a.person_name,
    a.is_robot,
    a.org_kind,
    a.terminal,
    a.batch_no,
    a.unit_no,
    a.pause_kind,
    a.reason,
    a.approver,
    a.serial_no,
    a.import_no,
    a.file_sha256,
    a.table_name,
    a.row_no
from core.attributed_actions as a
left join synthesised as s on a.position = s.position
