/*
rule     = "unregistered-account"
version  = 2
title    = "未备案账号"
severity = "major"
subject  = "account"
evidence_role = "act"
nobody   = "who is behind an account that nobody registered is not known"
basis    = ["宁波通知 六"]
summary  = "账号 {account} 从未见于任何一份账号名册,自{first_at:day}起办理 {acts} 次,涉及业务 {cases} 件"
unknown  = "该账号从未备案,但只见于导出时生成的记录,无法判断是否真有人使用"
why      = "Whoever acts through an account that nobody registered cannot be named."
not_this = "Examined only where a roster exists. A login is one account whatever the case of its letters. An account that some roster held, of whatever office and time, is registered; whether it was in force is for inactive-account to say. A row made up at export accuses nobody."

[params]
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
    case when u.is_registered then false when a.acts > 0 then true end as is_violation
from uses as u
left join acts as a on u.office = a.office and u.account = a.account
where exists (select 1 from core.roster_entries)
