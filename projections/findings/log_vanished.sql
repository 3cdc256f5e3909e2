/*
rule     = "log-vanished"
version  = 3
title    = "日志缺失"
severity = "critical"
family   = "log"
of_log   = true
subject  = "case"
nobody   = "somebody took it out of the log: not, by this, whose action it was"
basis    = ["宁波通知 六", "鄂尔多斯方案(18)", "实施清单26"]
summary  = "业务 {case_no} 的{step_title}记录({occurred_at:moment})不见于后来的导出 {file_name},而该导出声明涵盖{covers_from:day}至{covers_to:day}{others}"
why      = "An export that declares to hold every action of a period lacks one that the same source sent before: it was taken out of the platform's log. The action stays in ours and counts as before."
not_this = "Looked for only where an export declares the period that it covers, in the offices it holds, and not in a case that one of its rejected rows may be of: the case that the row names, or where its case number is blank or unreadable, any case that acts on its day in its office; a row that tells neither may be any. An action that the export writes in other words is there. A row that people corrected is not missed in the form they gave it. What vanished once stays a finding until it is struck off, also when a later export carries the action again."
zh_why   = "一次导出声明涵盖某一时期的全部操作,却缺了同一数据源以前送来过的一个:它被人从平台日志中删去了。本系统的日志仍保留它,照常计算。"
zh_not_this = "只在导出声明了涵盖时期的范围内、就其包含的机构查找,并且不查可能与其某一隔离行同属一件的业务:隔离行写明的业务;业务号空白或读不出的,为同日同机构有操作的任一业务;两者都不明的,任一业务。导出换了写法的操作仍算在。人工改正过的行,不要求以改正后的样子出现。一旦缺失即为问题,直到销号,后来的导出又有了也一样。"
zh_nobody = "日志是有人删去的,但由此看不出删去的是不是操作人自己"

[params]
*/
with

vanished as (
    select
        v.*,
        coalesce(steps.title, v.step) as step_title,
        row_number() over (partition by v.office, v.case_no order by v.position) as rank_no
    from core.vanished_steps as v
    cross join reference.run as run
    left join reference.vocabulary as steps on steps.column_name = 'step' and v.step = steps.value
    where v.occurred_at <= run.as_of
),

per_case as (
    select
        office,
        case_no,
        count(*) as actions,
        list_distinct(flatten(array_agg([step_position, import_position]))) as evidence,
        array_agg(distinct import_position) as act_positions
    from vanished
    group by office, case_no
),

examined as (
    select
        s.office,
        s.case_no
    from core.steps as s
    inner join core.covered_days as d on s.office = d.office and cast(s.occurred_at as date) = d.on_date

    union

    select
        office,
        case_no
    from per_case
)

select
    e.office,
    e.case_no,
    v.step_title,
    v.occurred_at,
    v.precision,
    v.file_name,
    v.covers_from,
    v.covers_to,
    case when p.actions > 1 then ';共缺 ' || p.actions || ' 条记录' else '' end as others,
    coalesce(p.evidence, []) as evidence,
    p.act_positions,
    p.office is not null as is_violation
from examined as e
left join per_case as p on e.office = p.office and e.case_no = p.case_no
left join vanished as v on e.office = v.office and e.case_no = v.case_no and v.rank_no = 1
