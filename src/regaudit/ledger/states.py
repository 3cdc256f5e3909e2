"""The states of an entry, the roles of people and the lights, with their Chinese names."""

from typing import Literal

Role = Literal[
    "handler", "head", "post", "leader", "superior", "analyst", "inspector", "sysadmin", "secadmin", "auditor"
]
ROLES: dict[Role, str] = {
    "handler": "经办人",
    "head": "科室负责人",
    "post": "质量监管岗",
    "leader": "中心负责人",
    "superior": "上级主管",
    "analyst": "分析员",
    "inspector": "质检员",
    "sysadmin": "系统管理员",
    "secadmin": "安全管理员",
    "auditor": "审计员",
}
ADMINISTRATORS: frozenset[Role] = frozenset(("sysadmin", "secadmin", "auditor"))
"""Their natural persons hold no other role, and take part in no entry."""

STATES: dict[str, str] = {
    "listed": "挂账",
    "assigned": "已交办",
    "disputed": "管辖异议",
    "answered": "已说明",
    "upheld": "成立",
    "rectifying": "整改中",
    "rectified": "待复核",
    "passed": "复核通过",
    "suspended": "中止",
    "struck": "销号",
    "excused": "说明采纳",
    "unfounded": "不成立",
    "quashed": "撤销",
    "referred": "移交",
    "voided": "随夜撤销",
}
FINAL = frozenset(("struck", "excused", "unfounded", "quashed", "referred", "voided"))
"""No step of theirs follows but an appeal of the judgement, its decision, and a correction."""
OPEN = tuple(state for state in STATES if state not in FINAL)
JUDGED = frozenset(("upheld", "rectifying", "rectified", "passed", "struck"))
"""From which on the judgement can be appealed."""

Light = Literal["none", "blue", "yellow", "orange", "red"]
LIGHTS: dict[Light, str] = {"none": "无", "blue": "蓝", "yellow": "黄", "orange": "橙", "red": "红"}
"""In order, the mildest first."""

KINDS = {
    "finding": "系统发现",
    "history": "历史存量",
    "inspection": "抽查",
    "complaint": "投诉举报",
    "manual": "人工登记",
    "declaration": "零报告",
}
"""How an entry came to be."""
DOORS = {"night": "夜间作业", "command": "命令行", "excel": "Excel", "page": "监管台"}
VERDICTS = {
    "upheld": "成立",
    "excused": "说明采纳",
    "unfounded": "不成立",
    "changed": "变更",
    "quashed": "撤销",
    "pass": "通过",
    "return": "退回",
    "ask": "申请",
    "grant": "同意",
    "refuse": "不同意",
}
"""What a judgement, a decision, a review or an answer to a request may be."""
ASSIGNMENTS = {"at_once": "立行立改", "by_date": "限期整改"}
NOTES = {
    "gone": "不再发现",
    "back": "再次发现",
    "evidence": "新增证据",
    "severity": "级别变化",
    "part": "并入同一事项",
    "not_run": "规则未运行",
    "runs": "规则恢复运行",
    "withdrawn": "随夜撤回",
}
GRAVITY = ("info", "minor", "major", "critical")
"""The mildest first."""


def gravest(*severities: str) -> str:
    """The gravest of some severities; empty ones do not count."""
    return max((s for s in severities if s), key=GRAVITY.index)


def verdict_title(step: str, verdict: str) -> str:
    """The Chinese name of what a step says; the decision that lets a judgement stand has its own."""
    return "维持" if (step, verdict) == ("decide", "upheld") else VERDICTS.get(verdict, verdict)
