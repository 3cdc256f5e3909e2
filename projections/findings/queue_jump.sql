/*
rule     = "queue-jump"
version  = 6
title    = "插队"
severity = "major"
family   = "order"
subject  = "case"
answerable = true
shows    = ["reasons"]
story    = "lane"
gap      = "queue-jump.gap_minutes"
basis    = ["鄂尔多斯方案(18)", "实施清单26", "云浮方案28"]
summary  = "业务 {case_no} {arrived_at:minute}入队,{started_at:minute}即开始审核,先于同队列中更早入队的{many} {overtaken} 件,且无加急或原因说明"
why      = "Cases of one lane are taken in order of arrival; taking one before several that waited much longer, with no reason on record, is a favour."
not_this = "With a reason on record in time it is listed in queue_overtakes as explained; a stalled unit counts towards nobody's jump. A pause that lasted puts a case behind, a short or unlawful one does not; while it lasts nobody overtakes. A case reviewed before it arrived, or whose only review was made up at export, is in no queue; nor is one of which only dates are known where the office records no times."
zh_why   = "同一队列的业务按入队先后办理;没有记录原因,却先于几件早得多的业务办理,就是照顾。"
zh_not_this = "及时记录了原因的,在 queue_overtakes 中标明有原因;被搁置的业务,不计入任何人的超越。持续一段时间的暂停使业务往后排,短暂的或违规的不会;暂停期间谁也没有超越它。入队以前就审核了的,或唯一的审核由导出时生成的,不在任何队列中;机构不记时刻、只有日期的,也不在。"
unknown  = "没有受理记录、本应有时刻的环节只有日期、同批次办件由何人或何时受理不明,或首次审核人不明,无法判断排队先后"
per_key  = ["unit_id"]

[key_of]
"core.queue_units" = ["unit_id"]
"core.queue_unknowns" = ["unit_id"]
"core.overtakes" = ["overtaker_id"]
"core.queue_jumps" = ["unit_id"]

[params.gap_minutes]
value = 60
about = "入队至少晚多少工作分钟才算被超越"

[params.min_overtaken]
value = 3
about = "至少超越几件才算插队"

[params.stalled_after]
value = 10
about = "至少被多少件超越才可视为搁置,不计入他人的插队"

[params.stalled_percent]
value = 80
about = "自首次被超越起,同队列开始审核的单元中至少百分之几超越了它,才视为搁置"

[params.batch_days]
value = 2
about = "同一人在几个连续工作日内、其中任一件首次审核之前受理的同批次办件算一个单元"

[params.pause_minutes]
value = 30
about = "当日恢复的依法暂停至少多少工作分钟,才重新入队"

[params.timed_percent]
value = 90
about = "机构当月某环节至少百分之几的记录有时刻,其仅有日期的记录才算不明"

[params.critical_overtaken]
value = 20
about = "超越几件即为严重"
*/
with

units as (
    select
        *,
        unnest(case_nos) as member_no
    from core.queue_units
    where started_at is not null
),

overtaken as (
    select
        o.overtaker_id,
        array_agg(o.overtaken_position) as positions
    from core.overtakes as o
    inner join core.queue_jumps as j on o.overtaker_id = j.unit_id
    group by o.overtaker_id
)

select
    units.unit_id,
    units.office,
    units.member_no as case_no,
    units.arrived_at,
    units.started_at,
    units.started_at as occurred_at,
    jumps.overtaken,
    case when jumps.overtaken >= p.critical_overtaken then ' 至少' else '' end as many,
    case when jumps.overtaken >= p.critical_overtaken then 'critical' else 'major' end as severity,
    list_sort(
        list_distinct(
            list_concat(
                [units.accept_position, units.arrival_position, units.review_position], overtaken.positions
            )
        )
    ) as evidence,
    [units.review_position] as act_positions,
    overtaken.positions as overtaken_positions,
    case when units.lane is not null then coalesce(not jumps.is_explained, false) end as is_violation
from units
cross join params.queue_jump as p
left join core.queue_jumps as jumps on units.unit_id = jumps.unit_id
left join overtaken on units.unit_id = overtaken.overtaker_id

union all

select
    unit_id,
    office,
    case_no,
    arrived_at,
    started_at,
    occurred_at,
    null as overtaken,
    null as many,
    null as severity,
    evidence,
    null as act_positions,
    null as overtaken_positions,
    null as is_violation
from core.queue_unknowns
where started_at is not null
