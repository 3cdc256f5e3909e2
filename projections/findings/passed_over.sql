/*
rule     = "passed-over"
version  = 6
title    = "被搁置"
severity = "minor"
family   = "order"
subject  = "case"
evidence_role = "overtaken"
without_act = "who passed it over is not told from who stood behind it"
story    = "lane"
gap      = "queue-jump.gap_minutes"
basis    = ["鄂尔多斯方案(18)", "云浮方案28"]
summary  = "业务 {case_no} {arrived_at:minute}入队,此后至少有 {overtakers} 件后到的业务先于它审核"
why      = "A case that many later ones overtake, while hardly any is taken before it by right, has been set aside; it makes no jumper of those behind it."
not_this = "Overtaken while paused, returned or closed does not count. A case reviewed before it arrived, or whose only review was made up at export, is in no queue."
zh_why   = "许多后到的业务都先于它审核,而几乎没有哪件是依序先办的,说明它被搁置了;排在它后面的,不因此成为插队。"
zh_not_this = "暂停、退回、办结期间被超越的不算。入队以前就审核了的,或唯一的审核由导出时生成的,不在任何队列中。"
zh_nobody = "被谁超越,与排在它后面的人是谁,分不开"
unknown  = "没有受理记录、本应有时刻的环节只有日期、同批次办件由何人或何时受理不明,或派给何人不明,无法判断排队先后"
per_key  = ["unit_id"]

[key_of]
"core.queue_units" = ["unit_id"]
"core.queue_unknowns" = ["unit_id"]
"core.overtaken" = ["unit_id"]

[params]
*/
with

overtaken as (
    select * from core.overtaken
),

units as (
    select
        *,
        unnest(case_nos) as member_no
    from core.queue_units
)

select
    units.unit_id,
    units.office,
    units.member_no as case_no,
    units.arrived_at,
    units.arrived_at as occurred_at,
    overtaken.overtakers,
    list_sort(list_distinct([units.accept_position, units.arrival_position])) as evidence,
    case when units.lane is not null then coalesce(overtaken.is_stalled, false) end as is_violation
from units
left join overtaken on units.unit_id = overtaken.unit_id

union all

select
    unit_id,
    office,
    case_no,
    coalesce(arrived_at, started_at) as arrived_at,
    coalesce(arrived_at, occurred_at) as occurred_at,
    null as overtakers,
    evidence,
    null as is_violation
from core.queue_unknowns
