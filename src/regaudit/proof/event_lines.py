"""Who, what and when: a proven event as one line of Chinese, from its own bytes and nothing else.

The standalone verifier prints the same lines; `docs/proof-format.md` says how they are made.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from regaudit.base.folded_text import visible
from regaudit.catalogue.events import catalogue
from regaudit.proof.proof_file import ProvenEvent

LABELS = {
    "occurred_at": "操作时间",
    "step": "环节",
    "node": "节点",
    "result": "结果",
    "operator": "操作人",
    "account": "账号",
    "person_name": "姓名",
    "person_id": "人员编号",
    "terminal": "终端",
    "office": "登记机构",
    "case_no": "业务号",
    "started_at": "开始时间",
    "registration_type": "登记类型",
    "right_type": "权利类型",
    "applicant_kind": "申请人类型",
    "channel": "渠道",
    "batch_no": "批次号",
    "unit_no": "不动产单元号",
    "pause_kind": "暂停类型",
    "reason": "原因",
    "approver": "批准人",
    "serial_no": "印刷序列号",
    "promised_at": "承诺时间",
    "subtype": "登记小类",
    "matter": "登记原因",
    "post": "岗位",
    "valid_from": "有效期起",
    "valid_to": "有效期止",
    "rule": "规则",
    "severity": "等级",
    "summary": "摘要",
    "basis": "依据",
    "due_on": "应办结日",
    "evidence": "证据的位置",
    "as_of": "截至",
    "run_no": "运行",
    "night": "所属夜",
    "run_nos": "各次运行",
    "withdrawn_by": "撤销人",
    "findings": "问题数",
    "finished_at": "完成时间",
    "source": "来源",
    "import_no": "导入",
    "part_no": "表",
    "row_no": "行",
    "file_name": "文件",
    "file_sha256": "文件的SHA-256",
    "rows_read": "行数",
    "imported_at": "导入时间",
}
"""The fields that are shown, in this order; those of a row without a label follow under their own names."""
CODES = {
    "step": """accept 受理 assign 派件 review 审核 book 登簿 certify 缮证 issue 发证 file 归档 charge 收费
    pause 暂停 resume 恢复 return 退回 refuse 不予登记 withdraw 撤回 expedite 加急 explain 原因说明
    overtime 延时服务 precheck_submit 网上预审提交 precheck 网上预审""",
    "result": "approve 同意 return 回退 reject 退件 transfer 转件",
    "severity": "critical 严重 major 重要 minor 一般 info 提示",
}
ENTRY_LABELS = {
    "at": "时间",
    "step": "办理",
    "verdict": "结论",
    "kind": "类别",
    "by": "办理人",
    "person": "自然人",
    "role": "身份",
    "for_login": "代",
    "signed_by": "签字人",
    "text": "内容",
    "to": "交给",
    "due": "期限",
    "severity": "等级",
    "is_pending": "待确认",
    "due_on": "应办日",
    "is_late": "逾期",
    "is_typed_later": "补录",
    "attachments": "附件",
    "rule": "规则",
    "rule_version": "规则版本",
    "title": "问题",
    "office": "登记机构",
    "case_nos": "业务号",
    "batch_no": "批次号",
    "account": "账号",
    "person_id": "人员编号",
    "source": "来源",
    "occurred_at": "发生时间",
    "summary": "摘要",
    "basis": "依据",
    "evidence": "证据的位置",
    "persons": "所涉人员",
    "recurs_of": "屡犯于",
    "follows": "承接",
    "recurrences": "屡犯次数",
    "finding_id": "问题编号",
    "finding_ids": "各问题编号",
    "document_no": "文号",
    "of_version": "截至版本",
    "sha256": "文件的SHA-256",
    "made_at": "制作时间",
    "light": "亮灯",
    "limits": "时限",
    "run_no": "运行",
    "seen_version": "所见版本",
    "recorded_at": "记入时间",
    "door": "途径",
    "system_user": "系统用户",
    "machine": "机器",
}
"""The same of events of the ledger's entries, whose steps are not those of a case."""
ENTRY_CODES = {
    "step": """assign 交办 dispute 管辖异议 answer 说明 judge 认定 demand 责令整改 extend 延期 report 整改报告
    review 复核 strike 销号 appeal 申诉 decide 申诉决定 suspend 中止 resume 恢复 refer 移交 correct 更正
    serve 签收 delay 迟延说明 void 随夜撤销""",
    "verdict": """upheld 成立 excused 说明采纳 unfounded 不成立 changed 变更 quashed 撤销 pass 通过
    return 退回 ask 申请 grant 同意 refuse 不同意""",
    "kind": """finding 系统发现 history 历史存量 inspection 抽查 complaint 投诉举报 manual 人工登记
    declaration 零报告 at_once 立行立改 by_date 限期整改 gone 不再发现 back 再次发现 evidence 新增证据
    severity 级别变化 part 并入同一事项 not_run 规则未运行 runs 规则恢复运行 withdrawn 随夜撤回
    assign 交办单 demand 整改通知书 urge 督办单 strike 销号单""",
    "role": """handler 经办人 head 科室负责人 post 质量监管岗 leader 中心负责人 superior 上级主管""",
    "door": "night 夜间作业 command 命令行 page 监管台 excel Excel",
    "light": "none 无 blue 蓝 yellow 黄 orange 橙 red 红",
    "severity": CODES["severity"],
}
_LEDGER = "entry-"
"""What the topics of entries begin with."""


def _words(codes: dict[str, str]) -> dict[str, dict[str, str]]:
    return {name: dict(zip(*[iter(words.split())] * 2, strict=True)) for name, words in codes.items()}


_CASE_WORDS, _ENTRY_WORDS = _words(CODES), _words(ENTRY_CODES)


def event_lines(events: list[ProvenEvent]) -> Iterator[str]:
    """A line for each event."""
    kinds = catalogue()
    for event in events:
        title = kinds[event.topic].title if event.topic in kinds else plain(event.topic)
        where = f"[{event.position}] {title}「{plain(event.originator_id)}」第 {event.originator_version} 版:"
        yield where + "".join(_fields(event.topic, msgspec.json.decode(event.state)))


def _fields(topic: str, content: dict[str, Any]) -> Iterator[str]:
    is_entry = topic.startswith(_LEDGER)
    labels, words = (ENTRY_LABELS, _ENTRY_WORDS) if is_entry else (LABELS, _CASE_WORDS)
    row = {} if is_entry else content.get("action") or content.get("entry") or {}
    fields = content | row
    for name in [*labels, *sorted(row.keys() - labels.keys())]:
        value = fields.get(name)
        if value in (None, "", []) or isinstance(value, dict):
            continue
        text = "、".join(map(_told, value)) if isinstance(value, list) else _told(value)
        text = words.get(name, {}).get(text, text)
        text = text.replace("T", " ", 1) if name == "at" or name.endswith(("_at", "as_of")) else text
        yield f"{labels.get(name, plain(name))}「{plain(text)}」"


def _told(value: Any) -> str:
    """A value; of an object its members."""
    if isinstance(value, dict):
        return " ".join(map(_told, value.values()))
    if value is None or isinstance(value, bool):
        return {None: "", True: "是", False: "否"}[value]
    return str(value)


def plain(text: str) -> str:
    r"""A text that can neither end its line, move the cursor, nor look like another: the rest as `\uXXXX`."""
    return "".join(
        char if char.isprintable() and char not in "「」" and visible(char) == char else rf"\u{ord(char):04x}"
        for char in text
    )
