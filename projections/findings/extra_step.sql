/*
rule     = "extra-step"
version  = 1
title    = "违规增设环节"
severity = "minor"
family   = "process"
subject  = "case"
evidence_role = "act"
nobody   = "the place or its platform added the step; whoever does it follows the procedure"
basis    = ["威海方案 任务对照表17"]
summary  = "业务 {case_no}{kind}有规程未列的{names}(最早在{occurred_at:moment})"
why      = "Steps beyond application, acceptance, review, booking and certificate have no legal basis: each makes applicants wait, or pay."
not_this = "What the profile lists under steps and nodes, by our name or its Chinese title. A profile without a list of nodes says nothing about nodes."
zh_why   = "申请、受理、审核、登簿、发证以外的环节没有法定依据:每多一个,申请人就多等一次,或多交一次钱。"
zh_not_this = "规程在 steps 和 nodes 中列出的,不论用标准名还是中文名。规程没有列出节点的,不检查节点。"
zh_nobody = "环节是当地或其平台增设的,经办的人只是照流程办"
per_case = true

[params]
*/
with

listed as (
    select * from reference.listed_steps
),

lists as (
    select
        bool_or(kind = 'step') as has_steps,
        bool_or(kind = 'node') as has_nodes
    from listed
),

acts as (
    select
        s.office,
        s.case_no,
        s.position,
        s.precision,
        s.occurred_at,
        s.node,
        coalesce(v.title, s.step) as title,
        lists.has_steps,
        lists.has_nodes,
        case when lists.has_steps then by_name.name is null and by_title.name is null else false end as is_extra_step,
        case when lists.has_nodes and s.node is not null then nodes.name is null else false end as is_extra_node
    from core.steps as s
    cross join lists
    left join reference.vocabulary as v on v.column_name = 'step' and s.step = v.value
    left join listed as by_name on by_name.kind = 'step' and s.step = by_name.name
    left join listed as by_title on by_title.kind = 'step' and v.title = by_title.name
    left join listed as nodes on nodes.kind = 'node' and s.node = nodes.name
    where lists.has_steps or (lists.has_nodes and s.node is not null)
),

per_case as (
    select
        office,
        case_no,
        list_sort(list_distinct(array_agg(title) filter (where is_extra_step))) as steps,
        list_sort(list_distinct(array_agg(node) filter (where is_extra_node))) as nodes,
        min(struct_pack(at := occurred_at, number := position, precision := precision))
            filter (where is_extra_step or is_extra_node) as first,
        list_sort(array_agg(position) filter (where is_extra_step or is_extra_node)) as evidence
    from acts
    group by office, case_no
)

select
    p.office,
    p.case_no,
    coalesce('(' || c.registration_title || ')', ' ') as kind,
    concat_ws(
        '、', '环节:' || array_to_string(p.steps, '、'), '节点:' || array_to_string(p.nodes, '、')
    ) as names,
    p.first.at as occurred_at,
    p.first.precision as precision,
    p.evidence,
    p.evidence is not null as is_violation
from per_case as p
inner join core.cases as c on p.office = c.office and p.case_no = c.case_no
