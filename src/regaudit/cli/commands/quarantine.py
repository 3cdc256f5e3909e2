"""The rows that wait for a correction."""

from collections.abc import Sequence
from pathlib import Path

import click
from rich.markup import escape

from regaudit.base.errors import UsageError
from regaudit.base.settings import load_settings
from regaudit.cli.options import by_option, home_option, json_option, system_user
from regaudit.cli.screen import print_json, progress_bar, say, shown_time
from regaudit.eventlog.log import EventLog
from regaudit.intake.quarantine.dismissal import dismiss
from regaudit.intake.quarantine.open_rows import OpenRows, open_quarantine
from regaudit.operation.open import open_workspace


@click.command()
@click.option(
    "--dismiss", "import_no", type=click.IntRange(min=1), help="第几次导入的隔离行不再改正(文件本就不该导入)"
)
@click.option("--reason", default="", help="为什么不再改正")
@by_option
@home_option
@json_option
def quarantine(import_no: int | None, reason: str, by: str, home: Path, *, as_json: bool) -> None:
    """列出尚未改正的隔离行:在哪个文件,因为什么,怎么办;或注明某次导入的不再改正。"""
    if import_no is not None:
        with (
            progress_bar() as progress,
            open_workspace(home, "quarantine", progress=progress, locks=[]) as workspace,
        ):
            log, now = workspace.log, workspace.now()
            dismiss(home, log, import_no, reason=reason, by=by or system_user(), now=now)
    elif reason or by:
        raise UsageError("--reason 和 --by 只与 --dismiss 一起使用:请写明 --dismiss 第几次导入")
    load_settings(home)
    with EventLog(home) as log:
        rows = open_quarantine(home, log)
    print_json(rows) if as_json else print_quarantine(rows)


def print_quarantine(rows: Sequence[OpenRows]) -> None:
    """What is still in quarantine, and what to do."""
    for entry in rows:
        if done := entry.dismissed:
            say(
                f"第 {entry.import_no} 次导入 {escape(entry.file)}:{done.rows} 行不再改正,"
                f"{escape(done.by)} 于 {shown_time(done.at)} 注明:{escape(done.reason)}"
            )
    waiting = [entry for entry in rows if entry.open]
    if not waiting:
        say("没有待改正的隔离行")
        return
    say(f"待改正的隔离行 {sum(entry.open for entry in waiting)} 行")
    for entry in waiting:
        say(
            f"第 {entry.import_no} 次导入 {escape(entry.file)}:{entry.open} 行,共隔离 {entry.rejected} 行,"
            f"文件 quarantine/{escape(entry.quarantine_file)}"
        )
        for reason in entry.reasons:
            where = f" {reason.column}" if reason.column else ""
            say(f"  {reason.rows} 行{escape(where)}:{escape(reason.reason)}")
        if entry.in_file < entry.open:
            say(
                f"  [bold yellow]隔离文件中只找到其中 {entry.in_file} 行[/]:"
                "文件被移走或删过行,请从备份恢复,或请平台重新导出这些行"
            )
    say("改正办法:用 Excel 或文本编辑器改正后面的各列(以“_”开头的列不动),另存,再运行 regaudit import 该文件")
    say(
        "不再改正的(如文件本就不该导入):regaudit quarantine --dismiss 第几次导入 --reason 原因;"
        "以后的导出再带来同样的行,也不再隔离"
    )
