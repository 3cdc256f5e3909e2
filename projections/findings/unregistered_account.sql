/*
rule     = "unregistered-account"
version  = 3
title    = "未备案账号"
severity = "major"
family   = "person"
subject  = "account"
evidence_role = "act"
nobody   = "who is behind an account that nobody registered is not known"
lasting  = true
basis    = ["宁波通知 六"]
summary  = "账号 {account} 从未见于任何一份账号名册,自{first_at:day}起办理 {acts} 次,涉及业务 {cases} 件"
unknown  = "该账号尚未备案:启用不久,名册可能随后送达;或只见于导出时生成的记录,不知是否真有人使用"
why      = "Whoever acts through an account that nobody registered cannot be named."
not_this = "Examined only where a roster exists. A login is one account whatever the case of its letters. An account that some roster held, of whatever office and time, is registered; whether it was in force is for inactive-account to say. A row made up at export accuses nobody. Unknown for the first roster_days working days of its use: the roster may follow."
zh_why   = "通过没有备案的账号办理的,说不出是谁。"
zh_not_this = "有名册的才检查。账号不分大小写。任何机构、任何时期的名册列过的账号,都算已备案;当时是否有效,见 inactive-account。由导出时生成的行,不指向任何人。首次使用后 roster_days 个工作日内为无法判断:名册可能随后送达。"
zh_nobody = "没有备案的账号背后是谁,不得而知"

[params.roster_days]
value = 20
about = "自首次使用起几个工作日内,名册可能尚未送达,不作判断"
*/
with

uses as (
    select
        office,
        account,
        bool_or(is_registered) as is_registered
    from core.account_uses
    group by office, account
),

acts as (
    select
        s.office,
        s.account,
        count(*) as acts,
        count(distinct s.case_no) as cases,
        min(s.occurred_at) as first_at,
        max(s.occurred_at) as last_at,
        list_sort(array_agg(s.position)) as positions
    from core.steps as s
    inner join uses on s.office = uses.office and s.account = uses.account
    where not uses.is_registered and s.evidence = 'recorded'
    group by s.office, s.account
),

-- Of an account used into a year that is not published, the published days at least.
counted as (
    select
        a.*,
        coalesce(today.ordinal, ends.last_ordinal) - begins.ordinal + cast(begins.is_workday as integer) as used_days
    from acts as a
    cross join reference.run as run
    left join reference.offices as o on a.office = o.office
    inner join core.calendar_ends as ends on coalesce(o.calendar, '*') = ends.calendar
    left join core.workdays as begins
        on ends.calendar = begins.calendar and cast(a.first_at as date) = begins.on_date
    left join core.workdays as today on ends.calendar = today.calendar and run.as_of_on = today.on_date
)

select
    u.office,
    u.account,
    a.acts,
    a.cases,
    a.first_at,
    a.last_at as occurred_at,
    coalesce(list_slice(a.positions, 1, 200), []) as evidence,
    list_slice(a.positions, -1000, -1) as act_positions,
    case when u.is_registered then false when a.used_days > p.roster_days then true end as is_violation
from uses as u
cross join params.unregistered_account as p
left join counted as a on u.office = a.office and u.account = a.account
where exists (select 1 from core.roster_entries)
