"""Results as Chinese text and tables."""

from collections.abc import Sequence
from typing import Any

from rich.markup import escape

from regaudit.checking import Checked
from regaudit.cli import show_clock, show_exports
from regaudit.cli.screen import print_table, say
from regaudit.errors import UsageError
from regaudit.intake.results import ImportResult
from regaudit.nightly import NightSummary
from regaudit.rules import SEVERITIES, SUBJECTS, load_rules
from regaudit.sources.vocabulary import value_titles

_STATUS = {"passed": "未发现", "failed": "有问题", "not_applicable": "不适用", "error": "出错"}
_MARKED = {label: f"[bold red]{label}[/]" for label in ("失败", "邮件")} | {
    label: f"[bold yellow]{label}[/]" for label in ("缺导出", "有隔离行")
}
STATES = {"open": "存在", "gone": "已消失"}


def check_rule(rule: str | None) -> None:
    """Raise when there is no such rule."""
    if rule is not None and rule not in load_rules():
        raise UsageError(f"没有规则 {rule}。可用的有:{'、'.join(load_rules())}")


def imports(results: Sequence[ImportResult]) -> None:
    """What each import did."""
    for result in results:
        known_file = "(该文件以前已导入)" if result.was_known_file else ""
        say(
            f"{escape(result.file)}:读取 {result.rows_read},新增 {result.appended},已有 {result.known},"
            f"被改 {result.altered},隔离 {result.quarantined}{_also(result)}{known_file}"
        )
        for table in result.ignored:
            say(f"  未读取的表:{escape(table)}")
        if result.quarantine_file:
            say(f"  隔离的行在 quarantine/{escape(result.quarantine_file)}:按其中的原因改正后可再导入")


def _also(result: ImportResult) -> str:
    counts = {
        "以前隔离已处理": result.settled,
        "以前隔离仍待改正": result.waiting,
        "未办理而跳过": result.skipped,
        "较以前缺失": result.vanished,
        "改正后重新提交": result.resubmitted,
    }
    return "".join(f",{title} {count}" for title, count in counts.items() if count)


def checked(result: Checked) -> None:
    """A check's rules and counts."""
    titles = load_rules()
    print_table(
        f"第 {result.run_no} 次运行:问题 {result.findings} 项",
        ("规则", "名称", "结果", "检查", "问题", "无法判断", "秒"),
        [
            (
                run.rule,
                titles[run.rule].title,
                _STATUS[run.status],
                *(run.examined, run.violations, run.unknown),
                f"{run.seconds:.2f}",
            )
            for run in result.runs
        ],
    )
    for text in result.errors:
        say(f"[bold red]出错[/]:{escape(text)}")
    say(f"分析数据库:{escape(str(result.published))}")


def check_facts(result: Checked) -> dict[str, Any]:
    """A check for programs."""
    return {
        "run_no": result.run_no,
        "log_position": result.log_position,
        "findings": result.findings,
        "rules": result.runs,
        "published": str(result.published),
    }


def night(summary: NightSummary) -> None:
    """A whole night."""
    imports(summary.imports)
    if summary.checked:
        checked(summary.checked)
    for label, text in summary.remarks:
        say(f"{_MARKED.get(label, label)}:{escape(text)}")
    mail = summary.mail
    say(f"邮件:发出 {mail.sent},存于 outbox/ {mail.kept},此前已发 {mail.already_sent}")


def night_facts(summary: NightSummary) -> dict[str, Any]:
    """A night for programs."""
    return {
        "as_of": summary.as_of,
        "imports": summary.imports,
        "check": check_facts(summary.checked) if summary.checked else None,
        "failures": summary.failures,
        "missing": summary.missing,
        "quarantined": summary.quarantined,
        "quarantined_open": summary.quarantined_open,
        "notices": summary.notices,
        "mail": summary.mail,
        "exit_status": summary.exit_status,
    }


def findings(rows: Sequence[dict[str, Any]]) -> None:
    """Findings as a table."""
    print_table(
        f"问题 {len(rows)} 项",
        ("编号", "级别", "规则", "机构", "说明", "首次发现", "状态"),
        [
            (
                row["finding_id"],
                SEVERITIES[row["severity"]],
                row["rule_title"],
                row["office"],
                escape(row["summary"]),
                row["first_found_on"],
                STATES[row["state"]],
            )
            for row in rows
        ],
    )


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
    print_table(
        "环节",
        ("位置", "时间", "环节", "节点", "结果", "操作人", "自然人", "原因", "文件", "行"),
        [
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
        ],
    )
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
    )
