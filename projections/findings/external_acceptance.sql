/*
rule     = "external-acceptance"
version  = 5
title    = "外部人员受理"
severity = "critical"
family   = "person"
subject  = "case"
evidence_role = "act"
answerable = true
basis    = ["宁波通知 六"]
summary  = "业务 {case_no} 于{occurred_at:moment}由{kind_titles}的账号 {accounts} 受理;只有登记中心人员可以受理,银行等只能预受理"
unknown  = "没有受理记录,或受理的账号空白,或当日名册中没有、未写机构类别、说法不一,无法判断受理人属于哪类机构"
why      = "Only the centre's own staff may accept; banks, agencies and the like may at most prepare an application."
not_this = "A robot of the platform accepts for the centre. An online submission or precheck is no acceptance. Without any roster nothing is examined; an account that the roster does not tell the kind of is unknown, and so is who accepted a case that was reviewed, booked, certified or issued without an acceptance."
zh_why   = "只有登记中心的工作人员可以受理;银行、中介等至多只能预受理。"
zh_not_this = "平台的机器人账号代登记中心受理。网上提交和预审不是受理。没有名册的,不检查;名册没有写明机构类别的账号,无法判断;没有受理记录却已审核、登簿、缮证或发证的,受理人也无法判断。"
per_case = true

[params]
*/
with

accepts as (
    select
        s.office,
        s.case_no,
        s.position,
        s.occurred_at,
        s.precision,
        s.account,
        k.title as kind_title,
        case when s.is_robot then false else s.org_kind <> 'center' end as is_external
    from core.steps as s
    left join reference.vocabulary as k on k.column_name = 'org_kind' and s.org_kind = k.value
    where s.step = 'accept' and s.evidence = 'recorded'

    union all

    select
        office,
        case_no,
        unnest(evidence) as position,
        acted_at as occurred_at,
        null as precision,
        null as account,
        null as kind_title,
        null as is_external
    from core.unaccepted_cases
)

select
    office,
    case_no,
    array_to_string(list_sort(array_agg(distinct account) filter (where is_external)), '、') as accounts,
    array_to_string(list_sort(array_agg(distinct kind_title) filter (where is_external)), '、') as kind_titles,
    coalesce(min(occurred_at) filter (where is_external), min(occurred_at)) as occurred_at,
    arg_min(precision, struct_pack(at := occurred_at, number := position)) filter (where is_external) as precision,
    coalesce(array_agg(position) filter (where is_external), array_agg(position)) as evidence,
    case when bool_or(is_external) then true when count(is_external) = count(*) then false end as is_violation
from accepts
where exists (select 1 from core.roster_entries)
group by office, case_no
