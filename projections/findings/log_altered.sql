/*
rule     = "log-altered"
version  = 2
title    = "日志被改"
severity = "critical"
family   = "log"
of_log   = true
subject  = "case"
nobody   = "somebody rewrote the log: not, by this, whose action it tells of"
basis    = ["宁波通知 六", "鄂尔多斯方案(18)", "实施清单26"]
summary  = "业务 {case_no} 的{step_title}记录({occurred_at:moment})在后来的导出中被改:{changes}{others}"
why      = "A later export carries a known action with other content: somebody or something rewrote the platform's log. Both versions are kept, and the first one stands."
not_this = "Another time makes another action, and so does another actor, unless a re-export that has other known actions of the case has him in the place of a known one, at the very second. The same action written to the minute or the day, with the account added beside the name, or under another login of the same person is known, not altered. An honest correction is found too: the program cannot know. Like every action, an alteration counts for an as-of time once its action was done, whenever it came to light."
zh_why   = "后来的导出中,一个已知的操作内容变了:有人或有程序改写了平台的日志。两个版本都保存,以先到的为准。"
zh_not_this = "时间不同就是另一个操作,操作人不同也是;但重新导出中同一业务的其他操作都在,而他恰在同一秒占了某个已知操作的位置的除外。同一操作只写到分钟或日期、在姓名之外补上了账号、换成同一人的另一账号的,是同一操作,不算被改。善意的更正也会列出:程序分辨不了。与所有操作一样,不论何时发现,都自操作发生之时起计入截至时间。"
zh_nobody = "日志是有人改写的,但由此看不出改写的是不是操作人自己"
per_case = true
tells_altered = true

[params]
*/
with

cases as (
    select
        office,
        case_no
    from core.cases
),

altered as (
    select
        a.office,
        a.case_no,
        a.position,
        a.first_position,
        s.occurred_at,
        s.precision,
        coalesce(steps.title, s.step) as step_title,
        row_number() over (partition by a.office, a.case_no order by a.position) as rank_no
    from core.altered_steps as a
    inner join core.steps as s on a.first_position = s.position
    left join reference.vocabulary as steps on steps.column_name = 'step' and s.step = steps.value
),

-- What a reason says may name people: mails only tell that it was touched.
differences as (
    select
        position,
        array_to_string(list_sort(array_agg(
            case
                when column_name <> 'reason'
                    then title || ' ' || coalesce(old_value, '空') || '→' || coalesce(new_value, '空')
                when old_value is null then '原因由空补写'
                when new_value is null then '原因被清空'
                else '原因被改写'
            end
        )), '、') as changes
    from core.altered_values
    group by position
),

per_case as (
    select
        office,
        case_no,
        count(distinct first_position) as actions,
        list_distinct(flatten(array_agg([first_position, position]))) as evidence,
        array_agg(position) as act_positions
    from altered
    group by office, case_no
)

select
    c.office,
    c.case_no,
    a.step_title,
    a.occurred_at,
    a.precision,
    coalesce(d.changes, '内容不同') as changes,
    case when p.actions > 1 then ';共有 ' || p.actions || ' 条记录被改' else '' end as others,
    coalesce(p.evidence, []) as evidence,
    p.act_positions,
    p.office is not null as is_violation
from cases as c
left join per_case as p on c.office = p.office and c.case_no = p.case_no
left join altered as a on c.office = a.office and c.case_no = a.case_no and a.rank_no = 1
left join differences as d on a.position = d.position
