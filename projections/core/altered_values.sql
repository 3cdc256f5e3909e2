/*
title = "被改的内容"
why   = "What a later version of an action says otherwise than the first, a row a column. Columns that tell actions apart cannot differ."
per_case = true
*/
with

compared as (
    select position from core.altered_steps
    union
    select first_position from core.altered_steps
),

-- What the action said of them before, as far as exports had these columns.
added as (
    select
        a.position,
        arg_min(x.subtype, x.position) filter (where x.subtype is not null) as subtype,
        arg_min(x.matter, x.position) filter (where x.matter is not null) as matter
    from core.altered_steps as a
    inner join core.extended_steps as x on a.first_position = x.first_position and a.position > x.position
    group by a.position
),

texts as (
    select
        s.*,
        case when s.started_precision = 'date' then strftime(s.started_at, '%Y-%m-%d')
            else strftime(s.started_at, '%Y-%m-%d %H:%M:%S') end as started_text,
        strftime(s.promised_at, '%Y-%m-%d %H:%M:%S') as promised_text,
        case
            when s.order_no = floor(s.order_no) and abs(s.order_no) < 1000000000000000 then cast(cast(s.order_no as bigint) as varchar)
            else regexp_replace(cast(s.order_no as varchar), '\.0$', '')
        end as order_text
    from staging.steps as s
    inner join compared on s.position = compared.position
),

pairs as (
    select
        a.position,
        a.first_position,
        a.office,
        a.case_no,
        unnest([
            {'name': 'result', 'title': '结果', 'old': f.result, 'new': v.result},
            {'name': 'started_at', 'title': '开始时间', 'old': f.started_text, 'new': v.started_text},
            {'name': 'order_no', 'title': '审核顺序号', 'old': f.order_text, 'new': v.order_text},
            {'name': 'account', 'title': '账号', 'old': f.account, 'new': v.account},
            {'name': 'operator', 'title': '操作人', 'old': f.operator, 'new': v.operator},
            {'name': 'terminal', 'title': '终端', 'old': f.terminal, 'new': v.terminal},
            {'name': 'registration_type', 'title': '登记类型', 'old': f.registration_type, 'new': v.registration_type},
            {'name': 'right_type', 'title': '权利类型', 'old': f.right_type, 'new': v.right_type},
            {'name': 'applicant_kind', 'title': '申请人类型', 'old': f.applicant_kind, 'new': v.applicant_kind},
            {'name': 'channel', 'title': '渠道', 'old': f.channel, 'new': v.channel},
            {'name': 'pause_kind', 'title': '暂停类型', 'old': f.pause_kind, 'new': v.pause_kind},
            {'name': 'reason', 'title': '原因', 'old': f.reason, 'new': v.reason},
            {'name': 'approver', 'title': '批准人', 'old': f.approver, 'new': v.approver},
            {'name': 'promised_at', 'title': '承诺时间', 'old': f.promised_text, 'new': v.promised_text},
            {'name': 'subtype', 'title': '登记小类', 'old': coalesce(f.subtype, x.subtype), 'new': v.subtype},
            {'name': 'matter', 'title': '登记原因', 'old': coalesce(f.matter, x.matter), 'new': v.matter}
        ]) as pair
    from core.altered_steps as a
    inner join texts as v on a.position = v.position
    inner join texts as f on a.first_position = f.position
    left join added as x on a.position = x.position
)

select
    p.position, p.first_position, p.office, p.case_no,
    p.pair.name as column_name,
    p.pair.title,
    coalesce(olds.title, p.pair.old) as old_value,
    coalesce(news.title, p.pair.new) as new_value
from pairs as p
left join reference.vocabulary as olds on p.pair.name = olds.column_name and p.pair.old = olds.value
left join reference.vocabulary as news on p.pair.name = news.column_name and p.pair.new = news.value
where
    p.pair.old is distinct from p.pair.new
    -- That an export fills a column which came later is no change.
    and not (p.pair.name in ('subtype', 'matter') and p.pair.old is null)
