/*
rule     = "missing-step"
version  = 3
title    = "环节缺失"
severity = "critical"
family   = "process"
subject  = "case"
answerable = true
basis    = ["威海方案 任务对照表17", "不动产登记暂行条例第二十一条"]
summary  = "业务 {case_no}{kind}{faults}(最早在{occurred_at:moment})"
unknown  = "受理、审核等环节可能记在没有读到的地方(数据开始之前、隔离的行、导出中未读取的表,或审核由导出时生成),或审核、登簿的结果写法不明,无法判断是否缺失"
why      = "What was never accepted was decided without an application; a case booked without an approving review was examined by nobody; a certificate without a booking attests a right that the register does not have; papers filed without booking, refusal or withdrawal were never decided."
not_this = "A review or booking with another result than approval is none; a result that nobody knows is neither. Unknown, not guilty: a case without an acceptance that begins within begun_days working days of the first day that the log covers for its office (ended_days, where it begins with issue or filing): it may have been accepted, and reviewed, before; one whose only review was made up at export (steps.evidence); one with a rejected row that is neither corrected nor dismissed; and one whose act came with or after an import that lacks a known table which gives the step, until a later import of the source reads it."
zh_why   = "没有受理的,是没有申请就作了决定;没有经审核同意就登簿的,谁也没有审查过;没有登簿就发证的,证明了登记簿上没有的权利;未登簿、未不予登记、未撤回就归档的,始终没有结论。"
zh_not_this = "审核、登簿的结果不是同意的,不算审核、登簿;写法不明的,无法判断。以下为无法判断,不算问题:没有受理、但在该机构数据开始后 begun_days 个工作日内开始的(最早只见发证或归档的,为 ended_days 个工作日),可能在此之前已受理、审核;唯一的审核由导出时生成的(steps.evidence);有一行被隔离、既未改正也未作不再改正处理的;其操作随同或晚于一次缺了某个已知表(记有该环节)的导入的,直到该数据源后来的导入读到该表。"

per_key = ["case_no", "office"]

[key_of]
"core.step_gaps" = ["case_no", "office"]
"core.unaccepted_beginnings" = ["case_no", "office"]
"core.rejected_cases" = ["case_no", "office"]
"core.unread_tables" = "select g.case_no, g.office from changed as c inner join core.step_gaps as g on c.office = g.office"

[params.begun_days]
value = 60
about = "数据开始后多少个工作日内开始的办件,可能在此之前已受理"

[params.ended_days]
value = 500
about = "最早只见发证或归档的办件,数据开始后多少个工作日内,可能在此之前已受理"
*/
with

-- Which step may stand in a table that was not read: of cases told by events behind a position.
unread as (
    select
        office,
        unnest(case when len(steps) > 0 then steps else ['accept', 'review', 'book'] end) as step,
        since_position
    from core.unread_tables
),

hidden as (
    select
        office,
        min(since_position) filter (where step = 'accept') as accepts_since,
        min(since_position) filter (where step = 'review') as reviews_since,
        min(since_position) filter (where step = 'book') as bookings_since,
        min(since_position) filter (where step in ('book', 'refuse', 'withdraw')) as ends_since
    from unread
    group by office
),

-- A gap that nothing hides.
judged as (
    select
        g.*,
        coalesce('(' || c.registration_title || ')', ' ') as kind,
        g.is_unaccepted or g.is_unreviewed or g.is_unbooked or g.is_endless as has_gap,
        q.case_no is not null or coalesce(b.is_near, false) as is_cut,
        g.is_unaccepted and not coalesce(g.act_position > h.accepts_since, false) as lacks_acceptance,
        g.is_unreviewed and not coalesce(g.booking_position > h.reviews_since, false) as lacks_review,
        g.is_unbooked and not coalesce(g.title_position > h.bookings_since, false) as lacks_booking,
        g.is_endless and not coalesce(g.filing_position > h.ends_since, false) as lacks_end
    from core.step_gaps as g
    inner join core.cases as c on g.office = c.office and g.case_no = c.case_no
    left join core.unaccepted_beginnings as b on g.office = b.office and g.case_no = b.case_no
    left join core.rejected_cases as q on g.office = q.office and g.case_no = q.case_no
    left join hidden as h on g.office = h.office
),

told as (
    select
        *,
        least(
            case when lacks_acceptance then first_act end,
            case when lacks_review then first_booking end,
            case when lacks_booking then first_title end,
            case when lacks_end then first_filing end
        ) as first
    from judged
)

select
    office,
    case_no,
    kind,
    concat_ws(
        ';', case when lacks_acceptance then '已' || acts || ',但没有受理记录' end,
        case when lacks_review then '已登簿,但没有任何同意的审核' end,
        case when lacks_booking then '已' || titles || case when lacks_end then '、' || filing else '' end || ',但没有登簿' end,
        case when lacks_end and not coalesce(lacks_booking, false)
            then '已' || filing || ',但没有登簿,也没有不予登记或撤回' end
    ) as faults,
    coalesce(first.at, first_act.at) as occurred_at,
    first.precision as precision,
    evidence,
    -- What was done without the step that it needs.
    flatten([
        case when lacks_acceptance then act_positions else [] end, case when lacks_review then booking_positions else [] end,
        case when lacks_booking then title_positions else [] end, case when lacks_end then filing_positions else [] end
    ]) as act_positions,
    case
        when not has_gap then false
        when is_cut then null
        when lacks_acceptance or lacks_review or lacks_booking or lacks_end then true
    end as is_violation
from told
