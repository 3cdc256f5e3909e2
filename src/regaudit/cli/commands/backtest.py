"""What other settings would find."""

from pathlib import Path

import click
from rich.markup import escape

from regaudit.audit.backtest import Backtest, RuleDifference
from regaudit.audit.backtest import backtest as run_backtest
from regaudit.base.settings import load_settings
from regaudit.base.typed_times import parse_as_of
from regaudit.catalogue.rules import SEVERITIES
from regaudit.cli.options import as_of_option, home_option, json_option
from regaudit.cli.screen import print_json, print_table, progress_bar, say, shown_count
from regaudit.operation.open import local_now

_CHANGES = {"appeared": "多出", "disappeared": "少掉", "changed": "级别变化"}


@click.command()
@click.option("--profile", "profiles", multiple=True, help="规程名;一个与本工作区的比较,两个互相比较")
@click.option("--set", "settings", multiple=True, metavar="规则.参数=值", help="改一个参数,可重复")
@as_of_option
@click.option("--limit", type=click.IntRange(min=0), default=20, show_default=True, help="每条规则各列几项")
@home_option
@json_option
def backtest(
    profiles: tuple[str, ...],
    settings: tuple[str, ...],
    as_of: str | None,
    limit: int,
    home: Path,
    *,
    as_json: bool,
) -> None:
    """换一个规程或参数会多出、少掉哪些问题;不发布、不发邮件、不留记录。"""
    now = local_now(load_settings(home).zone)
    with progress_bar() as progress:
        result = run_backtest(
            home, profiles, settings, as_of=parse_as_of(as_of, now), limit=limit, progress=progress
        )
    print_json(result) if as_json else print_backtest(result)
    raise SystemExit(1 if result.errors else 0)


def print_backtest(result: Backtest) -> None:
    """What differs, rule by rule, and the findings that do."""
    say(
        f"比较:{escape(result.before)} → {escape(result.after)},截至 {result.as_of:%Y-%m-%d %H:%M},"
        f"日志位置 {result.log_position};未发布、未入台账、未发邮件"
    )
    print_table(
        "规则",
        ("规则", "名称", "之前", "之后", "多出", "少掉", "级别变化"),
        [
            (
                r.rule,
                r.title,
                shown_count(r.before),
                shown_count(r.after),
                r.appeared,
                r.disappeared,
                r.changed,
            )
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
