/*
rule     = "expedite-overuse"
version  = 2
title    = "绿色通道过多"
severity = "minor"
family   = "order"
subject  = "person"
evidence_role = "reason"
answerable = true
basis    = ["威海方案 任务对照表25", "威海方案 任务对照表26"]
summary  = "{person_name} {month} 受理 {accepted} 件,其中加急 {expedited} 件({percent}%);同月登记机构 {office} 受理 {office_accepted} 件,加急 {office_expedited} 件({office_percent}%){others}"
why      = "The green channel is for those in need. Whoever sends through it many times more of his cases than his office does may be selling or giving away turns."
not_this = "Fewer than min_cases expedited cases in the month, for whatever share. Cases accepted by robots are left out of both shares; those of blank acceptors count for the office and accuse nobody."
zh_why   = "绿色通道是给有需要的人的。一个人受理的业务走绿色通道的比例高出本机构许多倍,可能是在出卖或赠送先后次序。"
zh_not_this = "当月加急不足 min_cases 件的,比例再高也不列。机器人受理的,两个比例都不计;受理人空白的,计入机构,不指向任何人。"

[params.times_office]
value = 3
about = "加急占比达到登记机构的多少倍"

[params.min_cases]
value = 5
about = "当月至少加急多少件"
*/
with

expedited as (
    select office, case_no, array_agg(position) as positions
    from core.notes
    where step = 'expedite'
    group by office, case_no
),

accepted as (
    select
        s.office, s.person_id, s.person_name, s.position, s.occurred_at,
        date_trunc('month', s.occurred_at) as month,
        e.positions
    from core.cases as c
    inner join core.steps as s on c.accept_position = s.position
    left join expedited as e on c.office = e.office and c.case_no = e.case_no
    where not s.is_robot
),

offices as (
    select office, month, count(*) as accepted, count(positions) as expedited
    from accepted
    group by office, month
),

months as (
    select
        office, person_id, month,
        min(person_name) as person_name,
        count(*) as accepted,
        count(positions) as expedited,
        max(occurred_at) filter (where positions is not null) as occurred_at,
        flatten(array_agg(positions) filter (where positions is not null)) as evidence,
        array_agg(position) filter (where positions is not null) as act_positions
    from accepted
    where person_id is not null
    group by office, person_id, month
),

judged as (
    select
        m.*,
        o.accepted as office_accepted,
        o.expedited as office_expedited,
        m.expedited >= p.min_cases
        and m.expedited * o.accepted >= p.times_office * o.expedited * m.accepted as is_over
    from months as m
    cross join params.expedite_overuse as p
    inner join offices as o on m.office = o.office and m.month = o.month
),

per_person as (
    select
        person_id,
        count(*) filter (where is_over) as found,
        max(struct_pack(month := month, office := office)) filter (where is_over) as latest,
        list_sort(flatten(array_agg(evidence) filter (where is_over))) as evidence,
        flatten(array_agg(act_positions) filter (where is_over)) as act_positions
    from judged
    group by person_id
)

select
    p.person_id,
    j.person_name,
    j.office,
    year(j.month) || '年' || month(j.month) || '月' as month,
    j.accepted, j.expedited,
    cast(round(100 * j.expedited / j.accepted) as integer) as percent,
    j.office_accepted, j.office_expedited,
    cast(round(100 * j.office_expedited / j.office_accepted) as integer) as office_percent,
    case when p.found > 1 then ',此前另有 ' || (p.found - 1) || ' 个月也是如此' else '' end as others,
    j.occurred_at,
    p.evidence,
    p.act_positions,
    p.found > 0 as is_violation
from per_person as p
left join judged as j
    on p.person_id = j.person_id and p.latest.month = j.month and p.latest.office = j.office
