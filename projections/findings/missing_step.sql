/*
rule     = "missing-step"
version  = 2
title    = "环节缺失"
severity = "critical"
subject  = "case"
answerable = true
basis    = ["威海方案 任务对照表17", "不动产登记暂行条例第二十一条"]
summary  = "业务 {case_no}{kind}{faults}(最早在{occurred_at:moment})"
unknown  = "受理、审核等环节可能记在没有读到的地方(数据开始之前、隔离的行、导出中未读取的表,或审核由导出时生成),无法判断是否缺失"
why      = "A case booked without an approving review was examined by nobody; a certificate without a booking attests a right that the register does not have."
not_this = "A review or booking with another result than approval is none. Unknown, not guilty: a case without an acceptance row, whose beginning lies before the data; one whose only review was made up at export (steps.evidence); one with a rejected row that is neither corrected nor dismissed; and one whose act came with or after an import that lacks a known table which gives the step, until a later import of the source reads it."

[params]
*/
with

-- Which step may stand in a table that was not read: of cases told by events behind a position.
unread as (
    select
        office,
        unnest(case when len(steps) > 0 then steps else ['review', 'book'] end) as step,
        since_position
    from core.unread_tables
),

hidden as (
    select
        office,
        step,
        min(since_position) as since_position
    from unread
    group by office, step
)

select
    g.office,
    g.case_no,
    coalesce('(' || g.registration_title || ')', ' ') as kind,
    case when g.is_unreviewed then '已登簿,但没有任何同意的审核' else '已' || g.laters || ',但没有登簿' end as faults,
    g.occurred_at,
    g.precision,
    g.evidence,
    g.baseless_positions as act_positions,
    case
        when not g.is_unreviewed and not g.is_unbooked then false
        when g.accepts = 0 then null
        when g.is_unreviewed and g.made_up_reviews > 0 then null
        when q.case_no is not null then null
        -- A gap that no unread table explains is enough.
        when g.is_unreviewed and r.office is null then true
        when g.is_unbooked and b.office is null then true
        else null
    end as is_violation
from core.step_gaps as g
left join core.rejected_cases as q on g.office = q.office and g.case_no = q.case_no
left join hidden as r on g.office = r.office and r.step = 'review' and g.first_position > r.since_position
left join hidden as b on g.office = b.office and b.step = 'book' and g.first_position > b.since_position
