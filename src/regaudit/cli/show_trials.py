"""A run computed once more, and two computations compared, as Chinese text and tables."""

from rich.markup import escape

from regaudit.audit.backtest import Backtest, RuleDifference
from regaudit.audit.replay import Replayed
from regaudit.catalogue.rules import SEVERITIES
from regaudit.cli.screen import print_table, say

_CHANGES = {"appeared": "多出", "disappeared": "少掉", "changed": "级别变化"}


def replayed(result: Replayed) -> None:
    """Whether a run's findings came out the same, and what has changed since."""
    say(
        f"第 {result.run_no} 次运行:截至 {result.as_of:%Y-%m-%d %H:%M},日志位置 {result.log_position},"
        f"问题 {result.findings} 项"
    )
    for text in result.errors:
        say(f"[bold red]出错[/]:{escape(text)}")
    if result.is_equal:
        say(f"[bold green]一致[/]:重算的问题与当时逐字节相同({result.replayed_sha256})")
    else:
        say(
            f"[bold red]不一致[/]:当时 {result.findings_sha256 or '无'},重算 {result.replayed_sha256 or '无'}"
        )
    if result.rules:
        print_table(
            "数目不同的规则",
            ("规则", "当时问题", "重算问题", "当时检查", "重算检查"),
            [
                (r.rule, *map(_count, (r.violations_then, r.violations_now, r.examined_then, r.examined_now)))
                for r in result.rules
            ],
        )
    for text in result.changes:
        say(f"自那时起:{escape(text)}")
    if result.lacking:
        say(f"存档中没有当时的{'、'.join(result.lacking)},重算用的是现在的")
    elif result.changes:
        say("重算用的是存档中当时的规程、参数、本地安排和日历,不受上述改动影响;程序与 SQL 是现在的")
    if result.is_unexplained:
        say("所依据的规程、参数、日历、规则与程序都没有变:日志可能被改动过,请从备份核对日志")


def backtested(result: Backtest) -> None:
    """What differs, rule by rule, and the findings that do."""
    say(
        f"比较:{escape(result.before)} → {escape(result.after)},截至 {result.as_of:%Y-%m-%d %H:%M},"
        f"日志位置 {result.log_position};未发布、未入台账、未发邮件"
    )
    print_table(
        "规则",
        ("规则", "名称", "之前", "之后", "多出", "少掉", "级别变化"),
        [
            (r.rule, r.title, _count(r.before), _count(r.after), r.appeared, r.disappeared, r.changed)
            for r in result.rules
        ],
    )
    for text in result.errors:
        say(f"[bold red]出错[/]:{escape(text)}")
    for rule in result.rules:
        _list(rule, result)


def _list(rule: RuleDifference, result: Backtest) -> None:
    for change, title in _CHANGES.items():
        total = getattr(rule, change)
        rows = [row for row in result.findings if (row["rule"], row["change"]) == (rule.rule, change)]
        if rows:
            shown = f",列出前 {len(rows)} 项" if len(rows) < total else ""
            print_table(
                f"{rule.title}:{title} {total} 项{shown}",
                ("编号", "机构", "对象", "级别", "说明"),
                [
                    (
                        row["finding_id"],
                        row["office"],
                        escape(str(row["case_no"] or row["account"] or row["person_id"] or "")),
                        " → ".join(
                            dict.fromkeys(
                                SEVERITIES[severity]
                                for severity in (row["severity_before"], row["severity_after"])
                                if severity
                            )
                        ),
                        escape(row["summary"]),
                    )
                    for row in rows
                ],
            )


def _count(number: int | None) -> str:
    return "未运行" if number is None else str(number)
