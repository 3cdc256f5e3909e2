/*
rule     = "shared-account"
version  = 4
title    = "多人一号"
severity = "major"
family   = "person"
subject  = "account"
evidence_role = "act"
nobody   = "several people used it: which of them did what is not known, nor whether its holder knew"
story    = "switches"
basis    = ["宁波通知 六"]
summary  = "账号 {account} 于{first_at:minute}至{last_at:minute}在终端 {terminals} 之间切换 {switches} 次,每次前后两个操作相隔不超过 {minutes} 分钟{others}"
unknown  = "部分操作没有记录终端,无法判断账号是否在几个终端之间切换"
why      = "Nobody walks to another workstation and back within minutes, again and again: several people use the account."
not_this = "Two actions more than the minutes apart, or on two days, are no switch; nor is what a robot does. At equal times the order with the fewest switches counts. An office that records no terminals is not examined; where some are blank, it may be unknown."
zh_why   = "没有人会在几分钟内反复走到另一台终端又走回来:是几个人在用同一账号。"
zh_not_this = "前后两个操作相隔超过所定分钟数的,或在两日的,不算切换;机器人的操作也不算。时间相同的,按切换最少的次序计。不记录终端的机构不检查;部分空白的,可能无法判断。"
zh_nobody = "几个人用了它:哪一步是谁做的、持有人是否知情,都不清楚"

[params.minutes]
value = 5
about = "一次切换前后两个操作最多相隔的分钟数(含)"

[params.switches]
value = 3
about = "一日内至少切换的次数"
*/
with

days as (
    select
        t.office,
        t.account,
        t.on_date,
        s.switches,
        s.first_at,
        s.last_at,
        s.terminals,
        s.positions,
        s.open_positions,
        p.minutes,
        coalesce(s.switches >= p.switches, false) as is_shared,
        coalesce(s.switches < p.switches and s.switches + s.open_switches >= p.switches, false) as is_unknown
    from core.terminal_days as t
    cross join params.shared_account as p
    left join core.terminal_switches as s
        on t.office = s.office and t.account = s.account and t.on_date = s.on_date
),

first_days as (
    select
        office,
        account,
        first_at,
        last_at,
        switches,
        array_to_string(list_sort(list_distinct(terminals)), '、') as terminals
    from days
    where is_shared
    qualify row_number() over (partition by office, account order by on_date) = 1
),

per_account as (
    select
        office,
        account,
        any_value(minutes) as minutes,
        count(*) filter (where is_shared) as shared_days,
        count(*) filter (where is_unknown) as unknown_days,
        max(last_at) filter (where is_shared) as occurred_at,
        flatten(array_agg(positions) filter (where is_shared)) as shared_positions,
        flatten(array_agg(open_positions) filter (where is_unknown)) as open_positions
    from days
    group by office, account
)

select
    a.office,
    a.account,
    a.minutes,
    f.first_at,
    f.last_at,
    f.switches,
    f.terminals,
    case when a.shared_days > 1 then ';共有 ' || a.shared_days || ' 日如此' else '' end as others,
    a.occurred_at,
    coalesce(list_distinct(coalesce(a.shared_positions, a.open_positions)), []) as evidence,
    case when a.shared_days > 0 then true when a.unknown_days = 0 then false end as is_violation
from per_account as a
left join first_days as f on a.office = f.office and a.account = f.account
