"""The words for what happened to an entry and what is asked of its reader, in mails."""

from collections.abc import Callable, Iterable
from datetime import date

from regaudit.base.running_text import day_text
from regaudit.ledger.states import ASSIGNMENTS, NOTES, VERDICTS
from regaudit.outlets.mail.entry_facts import EntryStep
from regaudit.outlets.mail.wording import SEVERITIES

TASKS = {
    "assign": "请交办",
    "settle": "请对管辖异议作出决定",
    "answer": "请说明情况",
    "judge": "请作出认定",
    "demand": "请责令整改",
    "report": "请整改并提交整改报告",
    "review": "请复核",
    "strike": "请审批销号",
    "review_on": "中止的复查日已到，请决定是否恢复",
    "decide": "请对申诉作出决定",
}
"""What is asked of whoever has to act by a limit."""
OMISSIONS = {
    "assign": "交办",
    "settle": "对管辖异议作出决定",
    "judge": "认定",
    "demand": "责令整改",
    "review": "复核",
    "strike": "审批销号",
}
"""What a supervisor has not done in time."""
FIRST_NUMBERS = 5
_DECISIONS = {"upheld": "维持", "changed": "变更", "quashed": "撤销"}
_PLAIN = {
    "dispute": "提出管辖异议",
    "answer": "作了说明",
    "report": "提交整改报告",
    "strike": "批准销号",
    "appeal": "提出申诉",
    "resume": "恢复办理",
    "correct": "更正：撤回上一步",
    "serve": "签收",
    "delay": "说明了迟延的理由",
    "refer": "移交",
    "open": "登记挂账",
}


def step_text(step: EntryStep, name_of: Callable[[str], str], night: date) -> str:
    """What happened, by whom and when: `3月12日（周四）王五交办（限期整改），须于3月17日（周二）前说明`."""
    when = day_text(step.decided_at.date(), night)
    if step.step == "note":
        return f"{when}系统提示：{NOTES.get(step.kind, step.kind)}"
    if step.step == "open":
        return f"{when}{'由夜间作业' if step.run_no else name_of(step.login)}挂账"
    by = name_of(step.login) if not step.signed_by else f"书面批准（{name_of(step.login)}录入）"
    return f"{when}{by}{done_text(step, night)}"


def done_text(step: EntryStep, night: date) -> str:
    """What a step did, without who and when."""
    if step.step in _PLAIN:
        return _PLAIN[step.step]
    due = day_text(step.set_due_on, night) if step.set_due_on else ""
    graded = f"，级别调整为{SEVERITIES[step.severity]}" if step.severity in SEVERITIES else ""
    waits = "（待另一级作出相同的认定）" if step.is_pending else ""
    told = {
        "assign": f"交办（{ASSIGNMENTS.get(step.kind, step.kind)}）{f'，须于{due}前说明' if due else ''}",
        "judge": f"认定：{VERDICTS.get(step.verdict, step.verdict)}{waits}{graded}",
        "demand": f"责令整改{f'，须于{due}前报告' if due else ''}",
        "review": "复核通过" if step.verdict == "pass" else f"复核退回{f'，须于{due}前再报' if due else ''}",
        "extend": _extension(step.verdict, due),
        "decide": f"对申诉作出决定：{_DECISIONS.get(step.verdict, step.verdict)}{graded}",
        "suspend": f"中止{f'，{due}复查' if due else ''}",
    }
    return told.get(step.step, step.step)


def _extension(verdict: str, due: str) -> str:
    if verdict == "ask":
        return f"申请延期{f'至{due}' if due else ''}"
    return f"同意延期{f'至{due}' if due else ''}" if verdict == "grant" else "不同意延期"


def few(numbers: Iterable[str]) -> str:
    """The first numbers of entries, and how many there are."""
    listed = list(numbers)
    more = f" 等 {len(listed)} 项" if len(listed) > FIRST_NUMBERS else ""
    return "、".join(listed[:FIRST_NUMBERS]) + more
