"""Results as Chinese text and tables."""

from collections.abc import Sequence
from typing import Any

from rich.markup import escape

from regaudit.base.errors import UsageError
from regaudit.catalogue.rules import SEVERITIES, SUBJECTS, load_rules
from regaudit.catalogue.vocabulary import value_titles
from regaudit.cli import clock, show_exports
from regaudit.cli.screen import complain, print_table, say

STATES = {"open": "存在", "gone": "已消失"}


def check_rule(rule: str | None) -> None:
    """Raise when there is no such rule."""
    if rule is not None and rule not in load_rules():
        raise UsageError(f"没有规则 {rule}。可用的有:{'、'.join(load_rules())}")


def check_office(office: str | None, known: Sequence[str]) -> None:
    """Say when nothing is known of an office: a slip of the pen must not look like a clean one."""
    if office is not None and office not in known:
        complain(
            f"提示:没有登记机构 {escape(office)} 的业务。有业务的登记机构:{'、'.join(known[:20]) or '无'}"
        )


def findings(rows: Sequence[dict[str, Any]]) -> None:
    """Findings, two lines each: what can be copied or searched for stays whole on any width."""
    gone = sum(row["state"] == "gone" for row in rows)
    say(f"问题 {len(rows)} 项" + (f"(存在 {len(rows) - gone},已消失 {gone})" if gone else ""))
    for row in rows:
        office = f"  {escape(row['office'])}" if row["office"] else ""
        say(
            f"{row['finding_id']}  {SEVERITIES[row['severity']]}  {row['rule_title']}{office}  "
            f"首次发现 {row['first_found_on']}  {STATES[row['state']]}"
        )
        say(f"    {escape(row['summary'])}")


def unknowns(rows: Sequence[dict[str, Any]]) -> None:
    """What the rules could not decide, two lines each."""
    say(f"无法判断 {len(rows)} 项")
    for row in rows:
        subject = str(row["case_no"] or row["account"] or row["person_id"] or row["source"] or "")
        where = "、".join(map(str, row["evidence"] or []))
        parts = (
            *(row["rule_title"], row["office"], subject, str(row["occurred_at"] or "")),
            f"位置 {where}" if where else "",
        )
        say(escape("  ".join(filter(None, parts))))
        say(f"    {escape(row['why'])}")


def trace(facts: dict[str, Any]) -> None:
    """One case."""
    steps, results = value_titles("step"), value_titles("result")
    clock.summary(facts["case"])
    say("环节")
    for row in facts["steps"]:
        at = f"{row['occurred_at']:%Y-%m-%d}" if row["precision"] == "date" else str(row["occurred_at"])
        what = "·".join(filter(None, (steps.get(row["step"], row["step"]), row["node"])))
        told = row["result"] if row["step"] in ("review", "book") or row["result"] != "approve" else ""
        who = str(row["operator"] or row["account"] or "")
        person = f"({row['person_id']})" if row["person_id"] else ""
        parts = (
            *(at, what, results.get(told, told), who + person),
            f"原因 {row['reason']}" if row["reason"] else "",
            f"位置 {row['position']},{row['file_name']} 第 {row['row_no']} 行",
        )
        say(escape(f"  {'  '.join(filter(None, parts))}"))
    for row in facts["altered_steps"]:
        say(
            f"[bold yellow]被改[/]:位置 {row['first_position']} 的环节在 {escape(row['file_name'])} "
            f"第 {row['row_no']} 行内容不同(位置 {row['position']});以最初的为准"
        )
    show_exports.originals(facts)
    clock.days(facts)
    if facts["findings"]:
        findings(facts["findings"])
    else:
        say("没有问题")


def rules(facts: Sequence[dict[str, Any]]) -> None:
    """The rules with basis and parameters."""
    print_table(
        "规则",
        ("规则", "名称", "级别", "对象", "依据", "参数"),
        [
            (
                f["rule"] + ("" if f["enabled"] else "(停用)"),
                f["title"],
                SEVERITIES[f["severity"]],
                SUBJECTS[f["subject"]],
                "、".join(f["basis"]),
                ",".join(f"{name}={value}" for name, value in f["params"].items()),
            )
            for f in facts
        ],
        whole=("规则",),
    )
