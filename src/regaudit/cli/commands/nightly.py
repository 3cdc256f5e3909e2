"""The commands that run nights."""

from pathlib import Path

import rich_click as click
from rich.markup import escape

from regaudit.audit.ledger_nights import withdraw
from regaudit.base.settings import load_settings
from regaudit.base.typed_times import parse_as_of, parse_day
from regaudit.cli import show_nights
from regaudit.cli.main import cli
from regaudit.cli.options import (
    as_of_option,
    by_option,
    file_type,
    home_option,
    json_option,
    system_user,
)
from regaudit.cli.screen import print_json, progress_bar, say
from regaudit.operation.nightly import run_night
from regaudit.operation.open import open_night, open_workspace
from regaudit.operation.schedule import run_schedule


@cli.command()
@click.argument("files", nargs=-1, type=file_type)
@click.option("--mapping", help="映射 TOML 文件,用于命令行给出的文件")
@click.option("--rebuild", is_flag=True, help="从事件日志重建镜像")
@as_of_option
@home_option
@json_option
def nightly(
    files: tuple[Path, ...],
    mapping: str | None,
    as_of: str | None,
    home: Path,
    *,
    rebuild: bool,
    as_json: bool,
) -> None:
    """夜间作业:导入、投影、检查、发布、入台账、发邮件。"""
    with (
        progress_bar() as progress,
        open_night(home, "nightly", progress=progress) as opened,
    ):
        up_to = parse_as_of(as_of, opened.now()) if as_of else None
        summary = run_night(opened, files, as_of=up_to, mapping=mapping, rebuild=rebuild)
    print_json(show_nights.night_facts(summary)) if as_json else show_nights.night(summary)
    raise SystemExit(summary.exit_status)


@cli.command("withdraw-night")
@click.argument("night", metavar="DATE")
@click.option("--reason", required=True, help="为什么撤销")
@by_option
@home_option
def withdraw_night(night: str, reason: str, by: str, home: Path) -> None:
    """撤销台账最近一晚(多半是截至时间写错):它的运行和邮件留在日志中,不再计入台账。"""
    day = parse_day(night)
    with open_workspace(home, "withdraw-night") as workspace:
        runs = withdraw(workspace.log, day, reason=reason, by=by or system_user(), now=workspace.now())
    say(
        f"{day} 的一晚(第 {'、'.join(map(str, runs))} 次运行)已撤销,不再计入台账;"
        "分析数据库到下一次 nightly 或 check 更新"
    )


@cli.command()
@home_option
def schedule(home: Path) -> None:
    """常驻运行:每天到点执行夜间作业,错过一晚则补一晚。"""
    settings = load_settings(home)
    run_schedule(home, settings, say=lambda line: say(escape(line)))
