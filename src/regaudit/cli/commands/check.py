"""Check and publish."""

from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from regaudit.audit.check import Checked, open_warehouse
from regaudit.audit.check import check as run_check
from regaudit.base.typed_times import parse_as_of
from regaudit.catalogue.rules import load_rules
from regaudit.cli.options import as_of_option, home_option, json_option
from regaudit.cli.screen import print_json, print_table, progress_bar, say
from regaudit.operation.books import closing_without_night
from regaudit.operation.open import open_workspace

_STATUS = {"passed": "未发现", "failed": "有问题", "not_applicable": "不适用", "error": "出错"}


@click.command()
@click.option("--rebuild", is_flag=True, help="从事件日志重建镜像")
@as_of_option
@home_option
@json_option
def check(as_of: str | None, home: Path, *, rebuild: bool, as_json: bool) -> None:
    """重建投影与问题并发布分析数据库;不动台账,不发邮件。"""
    with (
        progress_bar() as progress,
        open_workspace(home, "check", progress=progress) as workspace,
        open_warehouse(workspace, rebuild=rebuild) as warehouse,
    ):
        up_to = parse_as_of(as_of, workspace.now())
        closing = closing_without_night(workspace)
        checked = run_check(workspace, warehouse, as_of=up_to, kind="check", closing=closing)
    print_json(check_facts(checked)) if as_json else print_check(checked)
    raise SystemExit(1 if checked.errors else 0)


def check_facts(result: Checked) -> dict[str, Any]:
    """A check for programs."""
    return {
        "run_no": result.run_no,
        "log_position": result.log_position,
        "findings": result.findings,
        "rules": result.runs,
        "published": str(result.published),
        "unpublished": result.unpublished,
        "integrity": result.integrity,
        "notices": result.notices,
    }


def print_check(result: Checked) -> None:
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
        whole=("规则",),
    )
    for text in result.errors:
        say(f"[bold red]出错[/]:{escape(text)}")
    for text in result.integrity:
        say(f"[bold red]矛盾[/]:{escape(text)}")
    for text in result.notices:
        say(f"提示:{escape(text)}")
    if not result.unpublished:
        say(f"分析数据库:{escape(str(result.published))}")
