/*
rule     = "unexplained-timing"
version  = 2
title    = "提前延迟未留痕"
severity = "major"
family   = "time"
subject  = "case"
nobody   = "who should have written the reason is not known"
shows    = ["closing", "reasons"]
story    = "clock"
part_of  = ["overdue"]
basis    = ["威海方案 任务对照表29"]
summary  = "业务 {case_no}{kind}{how},但没有留下原因"
why      = "Every case handled early or late leaves a trace with the reason; without one nobody can tell help from favour."
not_this = "A reason on any expedite or explain row of the case, whenever written; it must say something: filler, a single letter or punctuation is none. A batch that jumped with a reason in time is explained for each of its cases. Late and still open: see overdue."
zh_why   = "提前或延迟办理的业务,每件都要留下原因;没有原因,就分不清是帮忙还是照顾。"
zh_not_this = "业务的任一加急或原因说明行写了原因的,不论何时写的;原因须言之有物:敷衍之词、单个字母、标点不算。整批插队而及时写了原因的,其中每一件都算有原因。已超期而仍在办的,见 overdue。"
zh_nobody = "应由谁写原因,不得而知"

[params]
*/
with

notes as (
    select * from core.notes
),

jumped as (
    select
        u.office,
        unnest(u.case_nos) as case_no,
        u.started_at,
        u.review_position,
        j.is_explained
    from core.queue_jumps as j
    inner join core.queue_units as u on j.unit_id = u.unit_id
),

occasions as (
    select office, case_no, 'late' as kind, closed_at as occurred_at, accept_position as position, false as is_explained
    from core.cases
    where cast(closed_at as date) > least(due_on, statutory_due_on)

    union all

    select office, case_no, 'expedited' as kind, occurred_at, position, false as is_explained
    from notes
    where step = 'expedite'

    union all

    select office, case_no, 'jumped' as kind, started_at as occurred_at, review_position as position, is_explained
    from jumped
),

explained as (
    select distinct
        office,
        case_no
    from notes
    where has_reason
),

per_case as (
    select
        office,
        case_no,
        concat_ws(
            '、',
            case when bool_or(kind = 'late') then '超期办结' end,
            case when bool_or(kind = 'expedited') then '加急办理' end,
            case when bool_or(kind = 'jumped') then '插队办理' end
        ) as how,
        min(occurred_at) as occurred_at,
        list_distinct(array_agg(position)) as evidence,
        array_agg(position) filter (where kind <> 'late') as act_positions,
        bool_and(is_explained) as is_explained
    from occasions
    group by office, case_no
)

select
    p.office,
    p.case_no,
    coalesce('(' || c.registration_title || ')', ' ') as kind,
    p.how,
    p.occurred_at,
    c.due_on,
    p.evidence,
    p.act_positions,
    e.office is null and not p.is_explained as is_violation
from per_case as p
inner join core.cases as c on p.office = c.office and p.case_no = c.case_no
left join explained as e on p.office = e.office and p.case_no = e.case_no
