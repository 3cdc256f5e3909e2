"""Take the last night back from the ledger."""

from pathlib import Path

import click

from regaudit.base.typed_times import parse_day
from regaudit.cli.author import command_author
from regaudit.cli.options import by_option, home_option, system_user
from regaudit.cli.screen import say
from regaudit.operation.open import open_workspace
from regaudit.operation.withdrawal import withdraw_night as withdraw


@click.command()
@click.argument("night", metavar="日期")
@click.option("--reason", required=True, help="为什么撤销")
@by_option
@home_option
def withdraw_night(night: str, reason: str, by: str, home: Path) -> None:
    """撤销台账最近一晚(多半是截至时间写错):它的运行和邮件留在日志中,不再计入台账。"""
    day = parse_day(night)
    with open_workspace(home, "withdraw-night") as workspace:
        runs, voided = withdraw(workspace, day, reason, command_author(by or system_user()))
    gone = f"它所挂的 {voided} 项随之撤销;" if voided else ""
    say(
        f"{day} 的一晚(第 {'、'.join(map(str, runs))} 次运行)已撤销,不再计入台账;{gone}"
        "分析数据库到下一次 nightly 或 check 更新"
    )
