"""Results as Chinese text and tables."""

from collections.abc import Sequence
from typing import Any

from rich.markup import escape

from regaudit.cli import show_clock, show_exports
from regaudit.cli.screen import print_table, say
from regaudit.errors import UsageError
from regaudit.rules import SEVERITIES, SUBJECTS, load_rules
from regaudit.sources.vocabulary import value_titles

STATES = {"open": "存在", "gone": "已消失"}


def check_rule(rule: str | None) -> None:
    """Raise when there is no such rule."""
    if rule is not None and rule not in load_rules():
        raise UsageError(f"没有规则 {rule}。可用的有:{'、'.join(load_rules())}")


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
    """What the rules could not decide, as a table."""
    print_table(
        f"无法判断 {len(rows)} 项",
        ("规则", "机构", "对象", "时间", "为何无法判断", "日志位置"),
        [
            (
                row["rule_title"],
                row["office"] or "",
                escape(str(row["case_no"] or row["account"] or row["person_id"] or row["source"] or "")),
                f"{row['occurred_at'] or ''}",
                escape(row["why"]),
                "、".join(map(str, row["evidence"] or [])),
            )
            for row in rows
        ],
    )


def trace(facts: dict[str, Any]) -> None:
    """One case."""
    steps, results = value_titles("step"), value_titles("result")
    show_clock.summary(facts["case"])
    headers = ("位置", "时间", "环节", "节点", "结果", "操作人", "自然人", "原因", "文件", "行")
    rows = [
        (
            row["position"],
            f"{row['occurred_at']:%Y-%m-%d}" if row["precision"] == "date" else row["occurred_at"],
            escape(steps.get(row["step"], row["step"])),
            escape(row["node"] or ""),
            results.get(row["result"], row["result"]) if row["step"] in ("review", "book") else "",
            escape(str(row["operator"] or row["account"] or "")),
            *(escape(str(row[name] or "")) for name in ("person_id", "reason", "file_name")),
            row["row_no"],
        )
        for row in facts["steps"]
    ]
    # Most cases have no nodes or reasons: on a narrow terminal the others need the place.
    filled = [n for n in range(len(headers)) if any(row[n] for row in rows)]
    print_table("环节", [headers[n] for n in filled], [[row[n] for n in filled] for row in rows], ("时间",))
    for row in facts["altered_steps"]:
        say(
            f"[bold yellow]被改[/]:位置 {row['first_position']} 的环节在 {escape(row['file_name'])} "
            f"第 {row['row_no']} 行内容不同(位置 {row['position']});以最初的为准"
        )
    show_exports.originals(facts)
    show_clock.days(facts)
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
