/*
rule     = "unlawful-pause"
version  = 4
title    = "违规暂停"
severity = "major"
family   = "time"
subject  = "case"
evidence_role = "late"
answerable = true
story    = "clock"
basis    = ["鄂尔多斯方案 二(一)3", "实施清单13"]
summary  = "业务 {case_no} {occurred_at:moment}暂停({kind_title}):{faults}{others}"
why      = "A pause of a kind that no rule knows, with no reason that says something, begun after the due day, or longer than its kind may last, is a pretext to extend the time."
not_this = "A lawful pause with a reason, however often. A pause begun on the due day. What is paused after the case has finished stops no clock and is not examined, and a pause lasts no longer than the case. A pause of which no kind is recorded is neither lawful nor unlawful for that: it is unknown, unless something else is wrong with it."
zh_why   = "类型不在规程之列、没有写出像样的原因、到期以后才开始、或超过该类型最长时限的暂停,是变相延长办理时间。"
zh_not_this = "合法的、写有原因的暂停,次数不限。到期当日开始的。办结以后的暂停不停表,不检查;暂停至多延续到办结。没有记录类型的暂停,就此既不算合法也不算违规:为无法判断,除非另有不当之处。"
per_case = true

[params]
*/
with

judged as (
    select
        *,
        case
            when is_unlawful_kind or is_without_reason or is_begun_late or is_too_long then true
            when is_unlawful_kind is not null and is_too_long is not null then false
        end as is_at_fault
    from core.pause_faults
),

per_case as (
    select
        office,
        case_no,
        count(*) filter (where is_at_fault) as faulty,
        bool_or(is_at_fault is null) as is_open,
        arg_min(position, struct_pack(at := paused_at, number := position)) filter (where is_at_fault) as first_position,
        coalesce(array_agg(position) filter (where is_at_fault), []) as evidence,
        array_agg(position) filter (where is_unlawful_kind or is_without_reason or is_begun_late) as act_positions
    from judged
    group by office, case_no
)

select
    c.office,
    c.case_no,
    j.paused_at as occurred_at,
    j.precision,
    j.kind_title,
    j.due_on,
    case when j.is_too_long then j.limit_basis end as basis,
    array_to_string(
        list_filter(
            [
                case when j.is_unlawful_kind then '该类暂停不停表' end,
                case when j.is_without_reason then '未写明原因' end,
                case when j.is_begun_late then '应办结日期(' || strftime(j.due_on, '%-m月%-d日') || ')之后才暂停' end,
                case
                    when j.is_too_long
                        then '历时' || case when j.is_at_least then '至少 ' else ' ' end || j.lasted_days || ' 个工作日,超过 ' || j.max_days || ' 个工作日的限度'
                end
            ],
            lambda fault: fault is not null
        ),
        '、'
    ) as faults,
    case when c.faulty > 1 then ';共有 ' || c.faulty || ' 次违规暂停' else '' end as others,
    c.evidence,
    -- Who began a pause that then went on too long did nothing forbidden by that.
    c.act_positions,
    case when c.faulty > 0 then true when not c.is_open then false end as is_violation
from per_case as c
left join judged as j on c.first_position = j.position
