/*
title = "被改的内容"
why   = "What a later version of an action says otherwise than the first: one row a column. Columns of an action's identity cannot differ."
per_case = true
*/
with

pairs as (
    select
        a.position,
        a.first_position,
        a.office,
        a.case_no,
        unnest([
            {'name': 'result', 'title': '结果', 'old': f.result, 'new': v.result},
            {'name': 'started_at', 'title': '开始时间', 'old': f.started_text, 'new': v.started_text},
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
            {'name': 'order_no', 'title': '审核顺序号', 'old': f.order_text, 'new': v.order_text}
        ]) as pair
    from core.altered_steps as a
    inner join texts as v on a.position = v.position
    inner join texts as f on a.first_position = f.position
)

select 1
