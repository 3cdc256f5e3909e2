/*
title = "改正后重报的操作"
why   = "Actions of rows that came back from quarantine: until when the night before they were rejected knew of their office and source, and whether case, step, actor and day are as they were rejected (null where one of these was what they were rejected for, or nobody knows)."
*/
with

returned as (
    select
        s.position,
        s.office,
        s.case_no,
        s.step,
        s.account,
        s.operator,
        cast(cast(s.occurred_at as date) as varchar) as on_day,
        r.rejecting_no,
        r.rejected_row_no,
        r.told,
        coalesce(r.faults, []) as faults
    from core.returned_rows as r
    inner join core.steps as s on r.import_no = s.import_no and r.row_no = s.row_no
),

told as (
    select
        *,
        unnest(told) as was
    from returned
),

-- A row of several actions told as many: one of them is this.
compared as (
    select
        position,
        bool_or(
            (list_contains(faults, 'office') or was.office is not distinct from office)
            and (list_contains(faults, 'case_no') or was.case_no is not distinct from case_no)
            and (list_contains(faults, 'step') or was.step is not distinct from step)
            and (list_contains(faults, 'account') or was.account is not distinct from account)
            and (list_contains(faults, 'operator') or was.operator is not distinct from operator)
            and (list_contains(faults, 'occurred_at') or left(was.occurred_at, 10) is not distinct from on_day)
        ) as is_alike
    from told
    group by position
)

select
    r.position,
    r.rejecting_no,
    r.rejected_row_no,
    r.faults,
    j.reached_at,
    case when not c.is_alike then false when c.is_alike and len(r.faults) = 0 then true end as is_same
from returned as r
inner join core.import_nights as i on r.rejecting_no = i.import_no
left join compared as c on r.position = c.position
left join core.judged_moments as j
    on r.office = j.office and i.source = j.source and i.night_no = j.night_no
