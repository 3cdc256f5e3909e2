/*
rule     = "expedite-unlawful"
version  = 1
title    = "绿色通道事由不符"
severity = "minor"
family   = "order"
subject  = "case"
evidence_role = "act"
nobody   = "whoever entered it may have been told to; the rule says what is not on record, not who let the case through"
basis    = ["自然资办函〔2024〕1319号"]
summary  = "业务 {case_no} {occurred_at:moment}加急,未写明可走绿色通道的事由{others}"
why      = "The green channel is for those whom its rules name. An expedite that names none of them opens it to anybody."
not_this = "A reason that names one of the profile's grounds, whatever else it says; where the expedite itself gives no reason, one on an explain row of the case. 加急 itself names none. Not examined where the profile lists no grounds. Whether a reason is true is not for this rule to say."
zh_why   = "绿色通道只对办法所列的人开放。加急而没有写明其中任何一项,等于对谁都开放。"
zh_not_this = "加急的原因中写有规程所列事由之一的,不论还写了什么;加急本身没有写原因的,看同一业务的原因说明。只写“加急”二字的,不算写明事由。规程没有列出事由的,不检查。事由是否属实,不由本规则判断。"
zh_nobody = "录入的人可能是奉命录入;规则只说没有写明什么,不说是谁放行的"
per_case = true

[params]
*/
with

notes as (
    select
        n.office,
        n.case_no,
        n.step,
        n.position,
        n.precision,
        n.occurred_at,
        n.has_reason,
        -- Within 加急 no word begins.
        replace(r.letters, '加急', ' ') as letters,
        regexp_extract_all(r.words, '[0-9a-z]+') as words
    from core.notes as n
    left join core.reasons as r on n.position = r.position
),

grounds as (
    select
        word,
        regexp_matches(word, '^[0-9a-z]+$') as is_latin
    from reference.reason_words
    where kind = 'ground'
),

-- Chinese does not part its words; a word or code in Latin letters stands by itself.
named as (
    select distinct
        n.office,
        n.case_no,
        n.step,
        n.position
    from notes as n
    inner join grounds as g
        on case when g.is_latin then list_contains(n.words, g.word) else contains(n.letters, g.word) end
),

explained as (
    select distinct
        office,
        case_no
    from named
    where step = 'explain'
),

expedites as (
    select
        e.*,
        n.position is null and (e.has_reason or x.office is null) as is_unnamed
    from notes as e
    left join named as n on e.position = n.position
    left join explained as x on e.office = x.office and e.case_no = x.case_no
    where e.step = 'expedite'
),

per_case as (
    select
        office,
        case_no,
        count(*) filter (where is_unnamed) as found,
        min(struct_pack(at := occurred_at, number := position)) filter (where is_unnamed) as first,
        coalesce(array_agg(position) filter (where is_unnamed), []) as evidence
    from expedites
    group by office, case_no
)

select
    c.office,
    c.case_no,
    c.first.at as occurred_at,
    e.precision,
    case when c.found > 1 then ';共有 ' || c.found || ' 次如此' else '' end as others,
    c.evidence,
    c.found > 0 as is_violation
from per_case as c
left join expedites as e on c.first.number = e.position
where exists (select 1 from grounds)
