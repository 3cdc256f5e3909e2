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
_WORDS = {name: dict(zip(*[iter(words.split())] * 2, strict=True)) for name, words in CODES.items()}


def event_lines(events: list[ProvenEvent]) -> Iterator[str]:
    """A line for each event."""
    kinds = catalogue()
    for event in events:
        title = kinds[event.topic].title if event.topic in kinds else plain(event.topic)
        where = f"[{event.position}] {title}「{plain(event.originator_id)}」第 {event.originator_version} 版:"
        yield where + "".join(_fields(msgspec.json.decode(event.state)))


def _fields(content: dict[str, Any]) -> Iterator[str]:
    row = content.get("action") or content.get("entry") or {}
    fields = content | row
    for name in [*LABELS, *sorted(row.keys() - LABELS.keys())]:
        value = fields.get(name)
        if value in (None, "", []) or isinstance(value, dict):
            continue
        text = "、".join(map(str, value)) if isinstance(value, list) else str(value)
        text = _WORDS.get(name, {}).get(text, text)
        text = text.replace("T", " ", 1) if name.endswith(("_at", "as_of")) else text
        yield f"{LABELS.get(name, plain(name))}「{plain(text)}」"


def plain(text: str) -> str:
    r"""A text that can neither end its line, move the cursor, nor look like another: the rest as `\uXXXX`."""
    return "".join(
        char if char.isprintable() and char not in "「」" and visible(char) == char else rf"\u{ord(char):04x}"
        for char in text
    )
