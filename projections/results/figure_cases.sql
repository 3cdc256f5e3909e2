/*
title = "统计:办件"
why   = "Cases by office, class of limit and month, each counted in the month of what is told: accepted, closed, due. A withdrawal is the applicant's: it is closed, but neither on time nor late. Closed without a limit that is certain is unknown, not on time."
*/
with

as_of as (
    select max_by(night, run_no) as night from main.runs
),

told as (
    select
        office,
        coalesce(limit_class, '') as limit_class,
        accepted_at,
        cast(closed_at as date) as closed_on,
        due_on,
        paused_days,
        used_days,
        close_kind,
        coalesce(close_kind <> 'withdraw', false) as is_decided,
        coalesce(due_state = 'fixed' and due_on is not null, false) as is_due
    from main.cases
),

counted as (
    select
        office, limit_class, date_trunc('month', accepted_at) as month,
        1 as accepted, 0 as closed, 0 as decided, 0 as dated, 0 as on_time, 0 as early, 0 as late_open,
        0 as paused, 0 as refused, 0 as withdrawn, 0 as used_days, 0 as paused_days
    from told
    where accepted_at is not null
    union all
    select
        office, limit_class, date_trunc('month', closed_on) as month,
        0 as accepted,
        1 as closed,
        cast(is_decided as integer) as decided,
        cast(is_decided and is_due as integer) as dated,
        cast(is_decided and is_due and closed_on <= due_on as integer) as on_time,
        cast(is_decided and is_due and closed_on < due_on as integer) as early,
        0 as late_open,
        cast(coalesce(paused_days, 0) > 0 as integer) as paused,
        cast(close_kind = 'refuse' as integer) as refused,
        cast(close_kind = 'withdraw' as integer) as withdrawn,
        coalesce(used_days, 0) as used_days,
        coalesce(paused_days, 0) as paused_days
    from told
    where closed_on is not null
    union all
    select
        told.office, told.limit_class, date_trunc('month', told.due_on) as month,
        0 as accepted, 0 as closed, 0 as decided, 0 as dated, 0 as on_time, 0 as early, 1 as late_open,
        0 as paused, 0 as refused, 0 as withdrawn, 0 as used_days, 0 as paused_days
    from told
    cross join as_of
    where told.closed_on is null and told.is_due and told.due_on < as_of.night
)

select
    office,
    limit_class,
    cast(month as date) as month,
    cast(sum(accepted) as bigint) as accepted,
    cast(sum(closed) as bigint) as closed,
    cast(sum(decided) as bigint) as decided,
    cast(sum(dated) as bigint) as dated,
    cast(sum(on_time) as bigint) as on_time,
    cast(sum(early) as bigint) as early,
    cast(sum(late_open) as bigint) as late_open,
    cast(sum(paused) as bigint) as paused,
    cast(sum(refused) as bigint) as refused,
    cast(sum(withdrawn) as bigint) as withdrawn,
    cast(sum(used_days) as bigint) as used_days,
    cast(sum(paused_days) as bigint) as paused_days
from counted
group by office, limit_class, month
order by office, limit_class, month
