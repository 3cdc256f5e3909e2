/*
rule     = "late-entry"
version  = 1
title    = "事后补录"
severity = "minor"
family   = "late"
of_log   = true
subject  = "any"
without_act = "what is entered afterwards may well be true; that it came late is told, and what it changed"
basis    = ["鄂尔多斯方案(18)", "实施清单26"]
summary  = "{lead}{occurred_at:moment}{told}"
unknown  = "补来的行曾被隔离,重报时改动了业务号、环节、操作人或日期,无法判断是否就是当时的那一行"
why      = "What is entered after a night has judged its day can end a finding that it had, or keep one from ever being made: a pause, a withdrawal or a second reviewer that nobody knew of at the time. So can a roster that says afterwards who somebody was."
not_this = "What overlaps by overlap_days working days with what was delivered; all that comes up to the end of the first night of an office or of a source; the first delivery of a case by a source with delivers = \"closed\"; an import with a declared reason (--backfill); a row that was rejected in time and comes back with the same case, step, actor and day. Rows of days of which a night had told that the export was missing, or the office silent, are one finding of the source. The first roster that knows an account tells who it was. That a finding ceased by a late row is said by the night, not by this rule."
zh_why   = "一晚已经判断过某日之后才补来的行,可以使当时的问题消失,或使问题从未产生:当时谁也不知道的暂停、撤回、第二个审核人。事后才说明某人身份的名册也是如此。"
zh_not_this = "与已送达的部分重叠不超过 overlap_days 个工作日的;某机构、某数据源首夜结束以前送来的全部;delivers = “closed” 的数据源首次送来的业务;写明原因的补报(--backfill);当时按时送来、曾被隔离,现以相同的业务号、环节、操作人、日期重报的行。当晚已经告知缺导出或机构无数据的日子,其行合为该数据源的一个问题。首次列出某账号的名册,即说明其身份。问题因补来的行而消失的,由夜间作业告知,不由本规则。"
zh_nobody = "补录的可能属实;这里告知的是来迟了,以及改变了什么"
per_key  = ["case_no"]

[key_of]
"core.dated_cases" = ["case_no"]
"core.late_cases" = ["case_no"]
"core.late_rosters" = "select cast(null as varchar) from changed"
"core.import_nights" = "select cast(null as varchar) from changed"
"core.persons" = "select cast(null as varchar) from changed"
"core.outages" = "select cast(null as varchar) from changed"
"core.late_outages" = "select cast(null as varchar) from changed"

[params.overlap_days]
value = 1
about = "迟于该机构该数据源已送到的时刻不超过多少个工作日,不算补录"
*/
with

examined_persons as (
    select distinct e.person_id
    from core.roster_entries as e
    inner join core.import_nights as i on e.brought_no = i.import_no
    where i.night_no > 0 and e.person_id is not null and e.org_kind is distinct from 'robot'
    union
    select person_id from core.late_rosters
),

examined_sources as (
    select distinct source from core.outages
),

persons as (
    select
        person_id,
        count(*) as rosters,
        max(brought_no) as import_no,
        list_sort(list_distinct(flatten(array_agg(accounts)))) as accounts,
        cast(sum(acts) as bigint) as acts,
        min(first_on) as first_on,
        min(list_position(['critical', 'major', 'minor'], severity)) as grade,
        list_sort(list_distinct(flatten(array_agg(evidence)))) as evidence
    from core.late_rosters
    group by person_id
)

select
    'case' as subject, c.office, c.case_no, null as person_id, null as source,
    l.occurred_at, l.precision, l.severity, coalesce(l.evidence, []) as evidence,
    l.late_positions,
    '业务 ' || c.case_no || ' 的' || l.step_title || '记录（' as lead,
    '）是事后补录：第 ' || l.import_no || ' 次导入才送来，此前各晚所查的数据已到' || strftime(l.reached_at, '%-m月%-d日')
    || case when l.late_rows > 1 then '；共补录 ' || l.late_rows || ' 条' else '' end as told,
    case
        when l.rejecting_no is not null and not l.is_late
            then '第 ' || l.rejecting_no || ' 次导入所隔离的第 ' || l.rejected_row_no || ' 行，重报为' || l.step_title
                || ' ' || strftime(l.occurred_at, '%Y-%m-%d') || '，原值见该次隔离'
        when l.case_no is not null and not l.is_late then '所涉年份的工作日历没有公布，无法算出迟了几个工作日'
    end as why_unknown,
    case when l.case_no is null then false when l.is_late then true end as is_violation
from core.dated_cases as c
left join core.late_cases as l on c.office = l.office and c.case_no = l.case_no

union all

select
    'person', case when len(n.offices) = 1 then n.offices[1] end, null, e.person_id, null,
    cast(p.first_on as timestamp), 'date', ['critical', 'major', 'minor'][p.grade], coalesce(p.evidence, []), cast([] as bigint[]),
    '账号 ' || array_to_string(p.accounts, '、') || ' 自',
    '起已查过的 ' || p.acts || ' 个操作，被第 ' || p.import_no || ' 次导入的名册改到'
    || coalesce(n.person_name, '') || '（人员编号 ' || e.person_id || '）名下',
    null,
    p.person_id is not null
from examined_persons as e
left join persons as p on e.person_id = p.person_id
left join core.persons as n on e.person_id = n.person_id

union all

select
    'source', o.office, null, null, e.source,
    o.first_at, 'date', 'minor', coalesce(o.evidence, []), cast([] as bigint[]),
    '数据源 ' || e.source || ' 缺失各日的 ' || o.late_rows || ' 个操作（自',
    '起）在告知缺失之后才补来：第 ' || o.import_no || ' 次导入',
    null,
    o.source is not null
from examined_sources as e
left join core.late_outages as o on e.source = o.source
