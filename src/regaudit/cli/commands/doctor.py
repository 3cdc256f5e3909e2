"""What this machine and this workspace lack."""

from pathlib import Path

import click
from rich.markup import escape

from regaudit.cli.options import home_option, json_option
from regaudit.cli.screen import print_json, say
from regaudit.operation.doctor.checks import Check, Status
from regaudit.operation.doctor.examination import examine

_SIGNS: dict[Status, str] = {
    "ok": "[green]正常[/]",
    "note": "[dim]提示[/]",
    "warning": "[yellow]注意[/]",
    "failed": "[bold red]故障[/]",
}


@click.command()
@click.option("--mail", "with_mail", is_flag=True, help="连接邮件服务器并登录(不发邮件)")
@home_option
@json_option
def doctor(home: Path, *, with_mail: bool, as_json: bool) -> int:
    """体检:本机与工作区缺什么,怎样补上;不作任何改动。

    检查程序包、中文字体、时钟、权限、磁盘、日志、日历、岗位、邮件等。有“故障”时退出码为 1。
    """
    checks = examine(home, with_mail=with_mail)
    print_json(checks) if as_json else _print(checks)
    return int(any(check.status == "failed" for check in checks))


def _print(checks: list[Check]) -> None:
    for check in checks:
        say(f"{_SIGNS[check.status]} {check.title}:{escape(check.found)}")
        if check.advice:
            say(f"     → {escape(check.advice)}")
    counts = {status: sum(check.status == status for check in checks) for status in _SIGNS}
    say(f"共 {len(checks)} 项:故障 {counts['failed']},注意 {counts['warning']},提示 {counts['note']}")
