/*
title = "隔离后改了办理人的操作"
why   = "Actions that came back from quarantine since the last counting night of an earlier date and say another account, or another name, than their row said when it was rejected, though it was not rejected for that: which row of which import it was, and who is said now."
*/
with

seen as (
    select coalesce(max(log_position), 0) as position
    from core.runs
    where kind = 'nightly' and not is_withdrawn and night < (select as_of_on from reference.run)
),

returned as (
    select
        s.position, s.office, s.case_no, s.step, s.account, s.operator,
        i.import_no, i.file_name, r.rejecting_no, r.rejected_row_no,
        coalesce(r.faults, []) as faults,
        -- Of a row of several actions its own, where it tells that.
        coalesce(nullif(list_filter(r.told, lambda one: one.step = s.step), []), r.told) as told
    from core.returned_rows as r
    inner join core.imports as i on r.import_no = i.import_no
    inner join core.steps as s on r.import_no = s.import_no and r.row_no = s.row_no
    cross join seen
    where i.position > seen.position
),

compared as (
    select
        * exclude (told),
        unnest(told) as was
    from returned
),

judged as (
    select
        position,
        bool_and(was.account is distinct from account and not list_contains(faults, 'account')) as is_other_account,
        bool_and(was.operator is distinct from operator and not list_contains(faults, 'operator')) as is_other_name,
        min(was.account) as old_account,
        min(was.operator) as old_operator
    from compared
    group by position
)

select
    r.office,
    r.import_no,
    r.file_name,
    r.rejecting_no,
    i.file_name as rejected_file,
    r.rejected_row_no,
    r.case_no,
    coalesce(v.title, r.step) as step_title,
    case when j.is_other_account then j.old_account else j.old_operator end as old_actor,
    case when j.is_other_account then r.account else r.operator end as new_actor
from returned as r
inner join judged as j on r.position = j.position
inner join core.imports as i on r.rejecting_no = i.import_no
left join reference.vocabulary as v on v.column_name = 'step' and r.step = v.value
where j.is_other_account or j.is_other_name
order by r.office, r.import_no, r.rejecting_no, r.rejected_row_no, r.position
