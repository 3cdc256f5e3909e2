/*
rule     = "multiple-accounts"
version  = 2
title    = "一人多号"
severity = "minor"
family   = "person"
subject  = "person"
evidence_role = "act"
answerable = true
lasting  = true
basis    = ["宁波通知 六"]
summary  = "{person_name}(人员编号 {person_id})同时持有账号 {accounts}{since}{used}"
why      = "Through two accounts one person can pass for two, and check his own work."
not_this = "Accounts that follow one another, with no day in common, are one at a time, even on one case. One login at several offices is one account; a robot's, or one that the roster gives to nobody, is no person's. Used both on one case, it is major."
zh_why   = "一个人有两个账号,就可以冒充两个人,自己审自己的件。"
zh_not_this = "先后启用、没有一天重叠的,同时只有一个,即使用在同一件业务上。在几个机构用同一登录名的,是一个账号;机器人账号、名册没有写明归谁的账号,不是任何人的。两个账号用在同一件业务上的,为重要。"

[params]
*/
with

pairs as (
    select * from core.account_pairs
),

acts as (
    select
        office,
        case_no,
        person_id,
        account,
        max(occurred_at) as occurred_at,
        array_agg(position) as positions
    from core.steps
    where evidence = 'recorded' and account is not null and person_id in (select person_id from pairs)
    group by office, case_no, person_id, account
),

on_one_case as (
    select
        a.person_id,
        min(a.case_no) as case_no,
        count(distinct struct_pack(office := a.office, case_no := a.case_no)) as cases,
        max(greatest(a.occurred_at, b.occurred_at)) as occurred_at,
        flatten(array_agg(list_concat(a.positions, b.positions))) as positions
    from acts as a
    inner join acts as b on a.office = b.office and a.case_no = b.case_no and a.person_id = b.person_id
    inner join pairs
        on a.person_id = pairs.person_id and a.account = pairs.account and b.account = pairs.other_account
    group by a.person_id
),

held as (
    select
        person_id,
        list_sort(list_distinct(list_concat(array_agg(account), array_agg(other_account)))) as accounts,
        min(since_on) as since_on,
        list_distinct(flatten(array_agg(positions))) as positions
    from pairs
    group by person_id
)

select
    p.person_id,
    p.person_name,
    case when len(p.offices) = 1 then array_to_string(p.offices, '') end as office,
    array_to_string(h.accounts, '、') as accounts,
    case when h.since_on > date '0001-01-01' then ',自 ' || h.since_on || ' 起' else '' end as since,
    case when u.cases = 1 then ';在业务 ' || u.case_no || ' 中两个账号都用过'
        when u.cases > 1 then ';在业务 ' || u.case_no || ' 等 ' || u.cases || ' 件中两个账号都用过'
        else ''
    end as used,
    case when u.cases > 0 then 'major' else 'minor' end as severity,
    coalesce(u.occurred_at, nullif(cast(h.since_on as timestamp), timestamp '0001-01-01')) as occurred_at,
    coalesce(list_slice(list_sort(list_distinct(list_concat(h.positions, u.positions))), 1, 200), []) as evidence,
    list_slice(list_sort(list_distinct(u.positions)), -1000, -1) as act_positions,
    h.positions as roster_positions,
    h.person_id is not null as is_violation
from core.persons as p
left join held as h on p.person_id = h.person_id
left join on_one_case as u on p.person_id = u.person_id
where p.is_registered and not list_contains(p.org_kinds, 'robot')
