/*
rule     = "overdue"
version  = 4
title    = "超期"
severity = "major"
family   = "time"
subject  = "case"
shows    = ["closing", "holder"]
without_act = "what is late was left undone: a fact of the case, whose hands it lay in is another"
story    = "clock"
basis    = ["鄂尔多斯方案(18)", "实施清单26"]
unknown  = "没有受理记录,或登簿的结果写法不明,或所需年份的工作日历没有公布,无法判断是否超期"
summary  = "业务 {case_no}{kind}{accepted_at:day}受理,应于{limit_on:weekday}前(含)办结,{lead}{closed_on:day}{outcome}"
why      = "A case finished after, or still open after, its promised day; after the statutory day it is critical."
not_this = "An open case due after the day to which the data of its office reaches, between two deliveries or with one missing, may have been finished since: unknown until the next. A case whose clock is stopped by an open lawful pause, or whose due day lies in a year without a published calendar, has no due day yet. A case that was reviewed, booked, certified or issued without an acceptance has none that is known. A booking whose result nobody knows may have finished the case, or not. A time that the place only strives for (aim_days) binds nobody: see due-soon."
zh_why   = "超过承诺期限才办结的,或已过期限仍未办结的;超过法定时限的,为严重。"
zh_not_this = "应办结日期在该机构数据截止之后的,两次送达之间或缺了一次送达,业务可能已经办结:在下一次送达以前为无法判断。因合法暂停而停表的,或应办结日期落在日历尚未公布的年份的,尚无应办结日期。没有受理记录却已审核、登簿、缮证或发证的,应办结日期不明。登簿结果写法不明的,可能已办结,也可能没有。本地争取的时限(aim_days)不作为超期的依据,见 due-soon。"
zh_nobody = "超期是该做的没有做,是业务的事实;当时在谁手里,是另一回事"
per_case = true

[params.statutory_days]
value = 30
about = "法定时限(工作日),超过即为严重"
*/
with

cases as (
    select
        c.*,
        coalesce('(' || c.registration_title || ')', ' ') as kind,
        least(c.due_on, c.statutory_due_on) as limit_on,
        coalesce(c.closed_at, run.as_of) as occurred_at,
        coalesce(cast(c.closed_at as date), run.as_of_on) as reached_on,
        clocks.clocked_ordinal - least(clocks.due_ordinal, clocks.statutory_ordinal) as late_days,
        -- When it finished at the earliest and at the latest, as the bookings of unknown result are read.
        case
            when c.closed_at is null or c.close_kind in ('refuse', 'withdraw')
                then least(cast(e.open_from as date), coalesce(cast(c.closed_at as date), run.as_of_on))
        end as early_on,
        case when c.close_kind in ('book', 'certify', 'issue') then cast(e.open_to as date) end as late_on,
        u.evidence as unaccepted,
        d.data_until,
        d.source as data_source
    from core.cases as c
    cross join reference.run as run
    left join core.clocks as clocks on c.office = clocks.office and c.case_no = clocks.case_no
    left join core.case_ends as e on c.office = e.office and c.case_no = e.case_no
    left join core.unaccepted_cases as u on c.office = u.office and c.case_no = u.case_no
    left join core.office_data as d on c.office = d.office and c.closed_at is null
    where c.due_state <> 'none' or u.case_no is not null
),

judged as (
    select
        *,
        coalesce(reached_on > statutory_due_on, false) as is_past_statutory,
        case close_kind
            when 'book' then '登簿'
            when 'certify' then '缮证'
            when 'issue' then '发证'
            when 'refuse' then '不予登记'
            else '撤回'
        end as ending,
        case
            when unaccepted is not null then null
            when limit_on > data_until and reached_on > limit_on then 'delivery'
            when limit_on is null and due_state <> 'paused' and used_days is null then 'calendar'
        end as waits_for
    from cases
)

select
    office,
    case_no,
    kind,
    accepted_at,
    limit_on,
    due_on,
    occurred_at,
    case when closed_at is null then '至今' else '实际于' end as lead,
    cast(closed_at as date) as closed_on,
    case when closed_at is not null then ending || ',' else '' end
    || '已超期' || coalesce(' ' || nullif(late_days, 0) || ' 个工作日', '')
    || case when is_past_statutory then ',并已超过 ' || statutory_days || ' 个工作日的法定时限' else '' end as outcome,
    case when is_past_statutory then 'critical' else 'major' end as severity,
    limit_basis || case when is_past_statutory then ';不动产登记暂行条例第二十条' else '' end as basis,
    coalesce(unaccepted, [accept_position]) as evidence,
    waits_for,
    case waits_for
        when 'delivery' then '数据只到' || strftime(data_until, '%-m月%-d日') || '(数据源 ' || data_source || '),此后是否办结尚不知道'
        when 'calendar' then '所需年份的工作日历没有公布,到期日待定'
    end as why_unknown,
    case
        when unaccepted is not null or waits_for is not null then null
        when early_on <= limit_on and reached_on > limit_on then null
        when reached_on <= limit_on and late_on > limit_on then null
        when limit_on is not null then reached_on > limit_on
        -- Paused: not late. Due in a year that is not published yet: not late while the clock is still in a published one.
        when due_state = 'paused' or used_days is not null then false
    end as is_violation
from judged
