"""A run computed once more."""

from pathlib import Path

import click
from rich.markup import escape

from regaudit.audit.replay import Replayed
from regaudit.audit.replay import replay as run_replay
from regaudit.cli.options import home_option, json_option
from regaudit.cli.screen import print_json, print_table, progress_bar, say, shown_count


@click.command()
@click.argument("run_no", metavar="运行序号", type=click.IntRange(min=1))
@home_option
@json_option
def replay(run_no: int, home: Path, *, as_json: bool) -> None:
    """按当时的日志重算一次运行(序号见 runs 表),逐字节核对问题;不发布、不入台账。"""
    with progress_bar() as progress:
        result = run_replay(home, run_no, progress)
    print_json(result) if as_json else print_replay(result)
    raise SystemExit(0 if result.is_equal else 1)


def print_replay(result: Replayed) -> None:
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
                (
                    r.rule,
                    *map(shown_count, (r.violations_then, r.violations_now, r.examined_then, r.examined_now)),
                )
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
