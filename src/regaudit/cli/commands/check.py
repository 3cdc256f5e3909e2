"""The command that checks and publishes."""

from pathlib import Path

import rich_click as click

from regaudit.audit.check import check as run_check
from regaudit.audit.check import record
from regaudit.base.typed_times import parse_as_of
from regaudit.cli import show_checks
from regaudit.cli.main import cli
from regaudit.cli.options import as_of_option, home_option, json_option
from regaudit.cli.screen import print_json, progress_bar
from regaudit.operation.open import open_workspace
from regaudit.warehouse.build import Warehouse


@cli.command()
@click.option("--rebuild", is_flag=True, help="从事件日志重建镜像")
@as_of_option
@home_option
@json_option
def check(as_of: str | None, home: Path, *, rebuild: bool, as_json: bool) -> None:
    """重建投影与问题并发布分析数据库;不动台账,不发邮件。"""
    with (
        progress_bar() as progress,
        open_workspace(home, "check", progress=progress) as workspace,
        Warehouse(home, rebuild=rebuild) as warehouse,
    ):
        checked = run_check(workspace, warehouse, as_of=parse_as_of(as_of, workspace.now()), kind="check")
        record(workspace, checked)
    print_json(show_checks.check_facts(checked)) if as_json else show_checks.checked(checked)
    raise SystemExit(1 if checked.errors else 0)
