/*
title = "起算"
why   = "Where a clock starts: at acceptance, and where a supplement starts it anew, on each day that one was completed up to the finish."
per_case = true
*/
with

cases as (
    select
        a.office,
        a.case_no,
        cast(a.accepted_at as date) as accepted_on,
        cast(e.closed_at as date) as closed_on,
        profile.on_supplement = 'restart' as is_restarting
    from core.case_attributes as a
    cross join reference.profile as profile
    left join core.case_ends as e on a.office = e.office and a.case_no = e.case_no
    where a.accepted_at is not null
),

restarts as (
    select
        p.office,
        p.case_no,
        cast(p.resumed_at as date) as started_on,
        array_agg(p.position) as pause_positions
    from core.pauses as p
    inner join cases on p.office = cases.office and p.case_no = cases.case_no
    where
        cases.is_restarting
        and p.pause_kind = 'supplement'
        and not p.is_after_finish
        and cast(p.resumed_at as date) > cases.accepted_on
        and (cases.closed_on is null or cast(p.resumed_at as date) <= cases.closed_on)
    group by p.office, p.case_no, cast(p.resumed_at as date)
),

starts as (
    select
        office,
        case_no,
        accepted_on as started_on,
        cast([] as bigint []) as pause_positions
    from cases

    union all

    select
        office,
        case_no,
        started_on,
        pause_positions
    from restarts
)

select
    office,
    case_no,
    started_on,
    pause_positions,
    row_number() over (partition by office, case_no order by started_on) as round_no,
    row_number() over (partition by office, case_no order by started_on desc) = 1 as is_last
from starts
