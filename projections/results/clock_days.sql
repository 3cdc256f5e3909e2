/*
title = "一件办件的时钟,逐日"
why   = "Each calendar day of each round of a case's clock ($office, $case_no, which lies between some rows of the tables, $near_case and $near_round): whether it counts, which pauses hold on it, which terms end. A round that another follows ends on the day before that starts; the last goes on to finish, as-of or due day, whichever is last."
*/
with

this as (
    select
        cases.office,
        cases.case_no,
        cast(cases.closed_at as date) as closed_on,
        coalesce(cast(cases.closed_at as date), run.night) as reached_on,
        run.night as as_of_on,
        coalesce((select max(calendar) from main.workdays where calendar = $office), '*') as calendar
    from main.cases
    cross join (select max_by(night, run_no) as night from main.runs) as run
    where
        cases.office = $office and cases.case_no = $case_no
        and cases.rowid between $near_case[1] and $near_case[2]
),

rounds as (
    select
        this.calendar,
        this.closed_on,
        this.reached_on,
        this.as_of_on,
        r.*,
        coalesce(
            lead(r.started_on) over (order by r.round_no) - 1,
            greatest(r.due_on, this.reached_on)
        ) as last_on
    from this
    inner join main.clock_rounds as r on this.office = r.office and this.case_no = r.case_no
    where r.office = $office and r.case_no = $case_no and r.rowid between $near_round[1] and $near_round[2]
),

paused as (
    select
        p.position,
        p.pause_kind,
        p.is_lawful,
        cast(p.paused_at as date) as from_on,
        cast(p.resumed_at as date) as until_on
    from main.pauses as p
    where p.office = $office and p.case_no = $case_no
),

held as (
    select
        w.on_date,
        bool_or(p.is_lawful) as is_stopped,
        array_agg(
            {'pause_kind': p.pause_kind, 'is_lawful': p.is_lawful, 'until_on': p.until_on}
            order by p.from_on, p.position
        ) as pauses
    from main.workdays as w
    inner join this on w.calendar = this.calendar
    inner join paused as p on w.on_date > p.from_on and w.on_date <= coalesce(p.until_on, this.reached_on)
    group by w.on_date
)

select
    r.round_no, w.on_date, w.kind, w.name, w.is_workday,
    w.on_date = r.started_on as is_start,
    coalesce(held.pauses, []) as pauses,
    w.on_date > r.started_on and coalesce(held.is_stopped, false) as is_stopped,
    coalesce(w.on_date = r.due_on, false) as is_due,
    coalesce(w.on_date = r.statutory_due_on, false) as is_statutory_due,
    coalesce(w.on_date = r.aim_on, false) as is_aim,
    coalesce(w.on_date > least(r.due_on, r.statutory_due_on) and w.on_date <= r.reached_on, false) as is_late,
    coalesce(w.on_date = r.closed_on, false) as is_closed,
    coalesce(r.closed_on is null and w.on_date = r.as_of_on, false) as is_as_of
from rounds as r
inner join main.workdays as w on r.calendar = w.calendar and w.on_date between r.started_on and r.last_on
left join held on w.on_date = held.on_date
order by r.round_no, w.on_date
