/*
rule     = "inactive-account"
version  = 4
title    = "离岗账号使用"
severity = "critical"
family   = "person"
subject  = "account"
evidence_role = "act"
nobody   = "whoever acts through a closed account is not the one whom the roster names"
basis    = ["宁波通知 六"]
summary  = "账号 {account}{holder} 不在名册所载的有效期内({validity}),自{first_at:day}起{manner}办理 {acts} 次"
unknown  = "该账号在本机构的有效期之外使用,而当日另一机构名册中有同名账号有效,无法判断是否同一账号"
why      = "An account of somebody who left, or has not begun yet, must be closed: whoever acts through it is not its holder."
not_this = "The first and the last day of validity are in it; a blank one is open. An account that no roster ever held is unregistered-account's. A roster that no longer names an account ends it with the day on which that roster arrived, not before."
zh_why   = "人已离岗或尚未上岗的账号必须注销:通过它办理的,不是名册上的那个人。"
zh_not_this = "有效期含首日和末日;空白为不限。从未见于任何名册的账号,见 unregistered-account。名册不再列出的账号,自该名册送达之日起失效,不追溯。"
zh_nobody = "通过已停用账号办理的,不是名册上写的那个人"

[params]
*/
with

uses as (
    select
        office, account, used_on,
        bool_or(is_in_force) as is_in_force,
        bool_and(is_elsewhere) as is_elsewhere
    from core.account_uses
    where is_registered
    group by office, account, used_on
),

doubtful as (
    select * from uses where not is_in_force or is_elsewhere
),

acts as (
    select
        s.office,
        s.account,
        count(*) filter (where not d.is_in_force) as acts,
        min(s.occurred_at) filter (where not d.is_in_force) as first_at,
        max(s.occurred_at) filter (where not d.is_in_force) as last_at,
        list_sort(array_agg(s.position) filter (where not d.is_in_force)) as outside,
        list_sort(array_agg(s.position)) as positions
    from core.steps as s
    inner join doubtful as d
        on s.office = d.office and s.account = d.account and cast(s.occurred_at as date) = d.used_on
    where s.evidence = 'recorded'
    group by s.office, s.account
),

-- The last entry that had ended by then, else the first that had not begun: of that one is all that is told.
ranked as (
    select
        a.office,
        a.account,
        t.person_name,
        t.position,
        case when t.to_on < a.first_at then t.to_on end as ended_on,
        case when t.from_on > a.first_at then t.from_on end as begins_on,
        row_number() over (
            partition by a.office, a.account
            order by case when t.to_on < a.first_at then t.to_on end desc nulls last, t.from_on, t.position
        ) as rank_no
    from acts as a
    inner join core.roster_terms as t on a.account = t.account and coalesce(t.office = a.office, true)
),

subjects as (
    select distinct office, account from uses
)

select
    s.office,
    s.account,
    a.acts,
    a.first_at,
    coalesce('(' || t.person_name || ')', '') as holder,
    case
        when t.ended_on is not null then cast(t.ended_on as varchar) || ' 止'
        when t.begins_on is not null then cast(t.begins_on as varchar) || ' 起'
        else '名册未载明'
    end as validity,
    -- Who acts before the beginning does not act still, but already.
    case
        when t.ended_on is not null then '仍'
        when t.begins_on is not null then '即已'
        else ''
    end as manner,
    a.last_at as occurred_at,
    coalesce(list_slice(coalesce(a.outside, a.positions), 1, 200), []) as evidence,
    list_slice(a.outside, -1000, -1) as act_positions,
    [t.position] as roster_positions,
    case when a.acts > 0 then true when a.office is null then false end as is_violation
from subjects as s
left join acts as a on s.office = a.office and s.account = a.account
left join ranked as t on s.office = t.office and s.account = t.account and t.rank_no = 1
