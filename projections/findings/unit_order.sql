/*
rule     = "unit-order"
version  = 4
title    = "同一单元未按先后"
severity = "critical"
family   = "order"
subject  = "case"
answerable = true
basis    = ["鄂尔多斯方案(18)", "云浮方案28"]
summary  = "不动产单元 {unit_no}:业务 {case_no}{kind}后受理({accepted_at:moment})却先登簿({occurred_at:moment});业务 {other_no} 先受理({other_accepted_at:moment}),后登簿({other_booked_at:moment}){others}"
unknown  = "没有受理记录,或只有日期、两次登簿前后不一,同一单元的先后无法判断"
why      = "Of two applications for one property the earlier is decided first; who is booked out of turn may take a right that another had asked for before."
not_this = "Seizures are compared with seizures alone, and the others among themselves; the cases of one batch are one application. Not booked yet, refused or withdrawn: no order of booking. Unknown: dates that leave the order of a day open, bookings done twice that contradict each other, and one of two without an acceptance, unless it was booked after the other or before the other came. Accepted or booked at the same moment is no order."
zh_why   = "同一不动产的两件申请,先申请的先办;不按先后登簿的,可能占去别人先申请的权利。"
zh_not_this = "查封只与查封比,其余的互相比;同批次的几件算一次申请。未登簿、不予登记、撤回的,没有登簿先后。无法判断的有:只有日期、同日先后不明的;两次登簿前后矛盾的;两件中有一件没有受理记录的,除非它登簿在后,或登簿于另一件受理以前。同一时刻受理或登簿的,不分先后。"

[params]
*/
with

per_case as (
    select
        office,
        case_no,
        bool_or(is_proven) as is_proven,
        count(distinct other_no) filter (where is_proven) as found,
        max(struct_pack(unit_no := unit_no, other_no := other_no)) filter (where is_proven) as pair,
        array_agg(distinct other_no) filter (where is_proven) as other_nos
    from core.unit_inversions
    group by office, case_no
),

examined as (
    select distinct
        office,
        case_no
    from core.unit_places
),

members as (
    select office, case_no, case_no as act_no from per_case
    where is_proven

    union

    select office, case_no, unnest(other_nos) as act_no from per_case
    where is_proven
),

proofs as (
    select
        m.office,
        m.case_no,
        list_sort(flatten(array_agg(b.order_positions))) as evidence,
        flatten(array_agg(b.book_positions) filter (where m.act_no = m.case_no)) as act_positions,
        flatten(array_agg(b.order_positions) filter (where m.act_no <> m.case_no)) as overtaken_positions,
        bool_or(b.is_order_dated) as has_dates
    from members as m
    inner join core.step_bounds as b on m.office = b.office and m.act_no = b.case_no
    group by m.office, m.case_no
)

select
    x.office,
    x.case_no,
    coalesce('(' || c.registration_title || ')', ' ') as kind,
    p.pair.unit_no as unit_no,
    p.pair.other_no as other_no,
    c.accepted_at,
    c.booked_at as occurred_at,
    o.accepted_at as other_accepted_at,
    o.booked_at as other_booked_at,
    case when proofs.has_dates then 'date' else 'time' end as precision,
    case when p.found > 1 then ',还有 ' || (p.found - 1) || case when p.found >= 9 then ' 件以上' else ' 件' end
        || '也是如此' else '' end as others,
    proofs.evidence,
    proofs.act_positions,
    proofs.overtaken_positions,
    case when p.office is null then false when p.is_proven then true end as is_violation
from examined as x
inner join core.cases as c on x.office = c.office and x.case_no = c.case_no
left join per_case as p on x.office = p.office and x.case_no = p.case_no
left join core.cases as o on p.office = o.office and p.pair.other_no = o.case_no
left join proofs on x.office = proofs.office and x.case_no = proofs.case_no
