"""A whole night."""

from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from regaudit.audit.light import LIGHTS, title_of
from regaudit.base.errors import WorkspaceBusyError
from regaudit.base.running_text import half_width
from regaudit.base.settings import load_settings
from regaudit.base.typed_times import parse_as_of
from regaudit.cli.commands.check import check_facts, print_check
from regaudit.cli.commands.import_ import print_imported
from regaudit.cli.options import as_of_option, backfill_option, file_type, home_option, json_option
from regaudit.cli.screen import print_json, progress_bar, say
from regaudit.operation.books import Booked
from regaudit.operation.busy import tell_busy
from regaudit.operation.nightly import NightSummary, run_night
from regaudit.operation.open import local_now, open_night

_MARKED = {label: f"[bold red]{label}[/]" for label in ("失败", "邮件")} | {
    label: f"[bold yellow]{label}[/]" for label in ("缺导出", "未读全", "有隔离行")
}


@click.command()
@click.argument("files", metavar="[文件]...", nargs=-1, type=file_type)
@click.option("--mapping", help="映射 TOML 文件,用于命令行给出的文件")
@click.option("--rebuild", is_flag=True, help="从事件日志重建镜像")
@backfill_option
@as_of_option
@home_option
@json_option
def nightly(
    files: tuple[Path, ...],
    mapping: str | None,
    backfill: str,
    as_of: str | None,
    home: Path,
    *,
    rebuild: bool,
    as_json: bool,
) -> None:
    """夜间作业:导入、投影、检查、发布、入台账、发邮件。"""
    try:
        with progress_bar() as progress, open_night(home, "nightly", progress=progress) as opened:
            up_to = parse_as_of(as_of, opened.now()) if as_of else None
            summary = run_night(
                opened, files, as_of=up_to, mapping=mapping, backfill=backfill, rebuild=rebuild
            )
    except WorkspaceBusyError as error:
        if as_of is None:
            tell_busy(home, error, local_now(load_settings(home).zone))
        raise
    print_json(night_facts(summary)) if as_json else print_night(summary)
    raise SystemExit(summary.exit_status)


def night_facts(summary: NightSummary) -> dict[str, Any]:
    """A night for programs."""
    return {
        "as_of": summary.as_of,
        "light": summary.light,
        "because": summary.because,
        "imports": summary.imports,
        "check": check_facts(summary.checked) if summary.checked else None,
        "failures": summary.failures,
        "missing": summary.missing,
        "unread": summary.unread,
        "quarantined": summary.quarantined,
        "quarantined_open": summary.quarantined_open,
        "integrity": [reason.text for reason in summary.because if reason.code == "integrity"],
        "notices": summary.notices,
        "ledger": summary.ledger,
        "mail": summary.mail,
        "exit_status": summary.exit_status,
    }


def print_night(summary: NightSummary) -> None:
    """A whole night."""
    print_imported(summary.imports)
    if summary.checked:
        print_check(summary.checked)
    colour = {"green": "green", "yellow": "yellow", "red": "red"}[summary.light]
    say(f"[bold {colour}]{LIGHTS[summary.light]}灯[/]" + (":零报告" if not summary.because else ""))
    for reason in summary.because:
        earlier = "(本晚较早的运行)" if reason.is_earlier else ""
        office = f"{reason.office} " if reason.office and reason.office not in reason.text else ""
        text = escape(half_width(f"{office}{reason.text}{earlier}"))
        say(f"  {LIGHTS[reason.light]} {title_of(reason.code)}:{text}")
    if told := _ledger_text(summary.ledger):
        say(f"台账:{told}")
    for label, text in summary.remarks:
        say(f"{_MARKED.get(label, label)}:{escape(half_width(text))}")
    mail = summary.mail
    say(f"邮件:发出 {mail.sent},存于 outbox/ {mail.kept},此前已发 {mail.already_sent}")


def _ledger_text(booked: Booked) -> str:
    """What the night did to the ledger (Chinese); empty where it did nothing."""
    opened = booked.opened - booked.histories
    history = f"历史存量 {booked.histories} 项(含问题 {booked.listed} 个)" if booked.histories else ""
    told = (
        f"新挂账 {opened} 项" if opened else "",
        history,
        f"系统提示 {booked.noted} 条" if booked.noted else "",
    )
    begins = ";台账自本夜启用,行为久远的问题合并挂账" if booked.begins and history else ""
    return ",".join(filter(None, told)) + begins
