/*
title = "时钟的时限"
why   = "How many working days each round of a clock may take: by the profile, by the day that the platform promised, or by the earlier."
per_case = true
*/
with

-- A promise of a day before the start is none.
promises as (
    select
        c.*,
        l.limit_days as profile_days,
        l.aim_days,
        profile.promise,
        case
            when profile.promise <> 'profile' and cast(a.promised_at as date) >= c.started_on
                then cast(a.promised_at as date)
        end as promised_on
    from core.case_calendars as c
    cross join reference.profile as profile
    inner join core.case_attributes as a on c.office = a.office and c.case_no = a.case_no
    left join core.case_limits as l on c.office = l.office and c.case_no = l.case_no
),

-- A promised day in a year that is not published is farther than any that is.
counted as (
    select
        p.*,
        case when p.promised_on is not null then coalesce(d.ordinal - p.start_ordinal, 1000000) end as promised_days
    from promises as p
    left join core.workdays as d on p.calendar = d.calendar and p.promised_on = d.on_date
),

judged as (
    select
        *,
        promised_days is not null
        and (promise = 'platform' or profile_days is null or promised_days < profile_days) as is_promised
    from counted
)

select
    j.office,
    j.case_no,
    j.round_no,
    j.is_last,
    j.calendar,
    j.started_on,
    j.start_ordinal,
    j.clocked_on,
    j.clocked_ordinal,
    case when j.is_promised then 'platform' when j.profile_days is not null then 'profile' end as limited_by,
    case when j.is_promised then j.promised_days else j.profile_days end as limit_days,
    case
        when j.is_promised then case when j.promised_days < 1000000 then j.promised_on end
        when j.profile_days = 0 then j.started_on
    end as plain_due_on,
    j.aim_days,
    p.statutory_days
from judged as j
cross join params.overdue as p
