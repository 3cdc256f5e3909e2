/*
title = "环节与操作人"
why = "Every action up to the as-of time, with the natural person behind it and the table it stood in, and its result as the vocabulary reads it: one that nobody knows (is_unsure) may mean anything. A name without an account is the one person of that name whom the roster has at the office; several are nobody."
view = true
per_case = true
*/
with

named as (
    select * from core.named_actions
),

-- Apart, since few actions tell a name alone; not from what is above, which would be kept whole for it.
called as (
    select
        n.position,
        t.name_key,
        t.person_id,
        t.person_name
    from core.named_actions as n
    inner join core.name_terms as t
        on
            n.office = t.office
            and n.name_key = t.name_key
            and cast(n.occurred_at as date) >= t.from_on
            and coalesce(cast(n.occurred_at as date) <= t.to_on, true)
)

select
    named.position,
    named.office,
    named.case_no,
    named.step,
    named.node,
    coalesce(known.value, named.result, 'approve') as result,
    named.result is not null and known.value is null as is_unsure,
    named.started_at,
    named.started_precision,
    named.occurred_at,
    named.precision,
    named.account,
    named.operator,
    case
        when holders.is_robot then null
        when holders.account is not null then holders.person_id
        when named.account is not null then 'account:' || named.account
        when names.name_key is not null then names.person_id
        when named.name_key <> '' then 'name:' || named.office || '/' || named.name_key
    end as person_id,
    coalesce(holders.person_name, names.person_name, nullif(named.name_key, ''), named.operator, named.account) as person_name,
    coalesce(holders.is_robot, false) as is_robot,
    holders.org_kind,
    named.terminal,
    named.batch_no,
    named.unit_no,
    named.pause_kind,
    named.reason,
    named.approver,
    named.serial_no,
    named.order_no,
    named.import_no,
    named.file_sha256,
    named.table_name,
    named.row_no
from named
left join core.account_holders as holders
    on
        named.office = holders.office
        and named.account = holders.account
        and cast(named.occurred_at as date) = holders.used_on
left join reference.readings as known on known.column_name = 'result' and named.result = known.written
left join called as names on named.position = names.position
