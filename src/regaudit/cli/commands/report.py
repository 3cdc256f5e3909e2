"""The reports of a month, a quarter, a year, and the zero return."""

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from regaudit.base.errors import UsageError
from regaudit.base.periods import SPANS, Period, parse_period
from regaudit.catalogue.zero_terms import DECLARATIONS
from regaudit.cli.author import command_author
from regaudit.cli.help import Menu
from regaudit.cli.ledger_door import admitted, by_login_option, password_option
from regaudit.cli.options import Coded, home_option, json_option, system_user
from regaudit.cli.screen import complain, print_json, progress_bar, say
from regaudit.ledger.people import read_people
from regaudit.operation.open import open_workspace
from regaudit.operation.report_archive import ZERO, MadeReport
from regaudit.operation.report_mail import mail_reports
from regaudit.operation.report_register import Reports
from regaudit.operation.zero_register import ZeroReturns
from regaudit.outlets.database import AnalystDatabase
from regaudit.outlets.reports.zero_facts import DECLARED

_SIGNED = Coded(DECLARATIONS)


@click.group(cls=Menu)
def report() -> None:
    """质量监管月报、季报、年报,与六不准零报告。"""


def _period_options(command: Callable[..., None]) -> Callable[..., None]:
    """Of which period a report is; the command takes it as `period`."""

    @click.option("--month", metavar="月份", help="月报:哪一月,如 2026-03")
    @click.option("--quarter", metavar="季度", help="季报:哪一季度,如 2026Q1")
    @click.option("--year", metavar="年份", help="年报:哪一年,如 2026")
    @wraps(command)
    def with_period(**words: Any) -> None:
        given = {span: text for span in SPANS if (text := words.pop(span))}
        if len(given) != 1:
            raise click.UsageError("请用 --month、--quarter、--year 之一写明哪一期,如 --month 2026-03")
        [(span, text)] = given.items()
        command(period=parse_period(span, text), **words)

    return with_period


@report.command()
@_period_options
@click.option("--office", default="", help="只出这个登记机构的;ALL 为全部合计(默认:每个机构各一份,另有合计)")
@click.option("--correct", default="", metavar="原因", help="按现在的日志另出一份更正,写明原因;原报告不变")
@click.option("--by", default="", help="何人出具:登录名(默认为当前系统用户)")
@home_option
@json_option
def monthly(period: Period, office: str, correct: str, by: str, home: Path, *, as_json: bool) -> None:
    """出具一期的报告(PDF、XLSX、JSON),存于 reports/;已出具过的,原样给出。"""
    with (
        progress_bar() as progress,
        open_workspace(home, "report monthly", progress=progress, locks=()) as workspace,
    ):
        if by and read_people(workspace.log).get(by) is None:
            raise UsageError(f"没有用户 {by}")
        author = command_author(by or system_user())
        made = Reports(workspace).make(period, author, office=office, reason=correct.strip())
        problems = mail_reports(workspace, made)
    _tell(made, problems, as_json=as_json)


@report.command()
@_period_options
@click.option("--office", default="", help="只报这个登记机构的;ALL 为全部合计(默认:每个机构各一份,另有合计)")
@click.option("--sign", type=_SIGNED, help=f"签署:{_SIGNED.told};有抵触的零报告即拒绝")
@by_login_option
@password_option
@home_option
@json_option
def zero(
    *,
    period: Period,
    office: str,
    sign: str | None,
    by: str,
    password_file: Path | None,
    home: Path,
    as_json: bool,
) -> None:
    """六不准零报告:制作,或由质量监管岗、中心负责人签署。

    只有每个工作日都有夜间作业、导出没有缺失、规则没有出错、台账没有与所禁事项抵触的,才能签署为零;
    此后的数据与所签的零不符,夜间作业就该申报挂账。
    """
    with (
        progress_bar() as progress,
        open_workspace(home, "report zero", progress=progress, locks=()) as workspace,
    ):
        returns = ZeroReturns(workspace)
        if sign:
            author = admitted(workspace, by, password_file)
            made = [returns.sign(period, author, office=office or _only(home), declared=sign)]
        else:
            if by and read_people(workspace.log).get(by) is None:
                raise UsageError(f"没有用户 {by}")
            made = returns.make(period, command_author(by or system_user()), office=office)
        problems = mail_reports(workspace, made)
    _tell(made, problems, as_json=as_json)


def _tell(made: Sequence[MadeReport], problems: Sequence[str], *, as_json: bool) -> None:
    """Say what was made, and what went wrong with its mail."""
    if as_json:
        print_json([report_facts(each) for each in made])
    else:
        for each in made:
            print_report(each)
    for text in problems:
        complain(f"邮件:{escape(text)}")


def _only(home: Path) -> str:
    """The office, where there is one alone.

    Raises:
        UsageError: there are several: which is signed has to be said.
    """
    with AnalystDatabase(home) as database:
        offices = database.offices()
    if len(offices) != 1:
        raise UsageError(f"请用 --office 写明签署哪个机构的:{'、'.join(offices)},或 ALL 全部合计")
    return offices[0]


def report_facts(made: MadeReport) -> dict[str, Any]:
    """A report for programs."""
    event = made.event
    return {
        "kind": event.kind,
        "period": event.period,
        "office": event.office,
        "correction": made.correction,
        "declared": event.declared,
        "is_new": made.is_new,
        "paths": {kind: str(path) for kind, path in made.paths.items()},
        "sha256": event.files,
        "run_no": event.run_no,
        "log_position": event.log_position,
        "checkpoint": event.checkpoint,
    }


def print_report(made: MadeReport) -> None:
    """A report: what it is, and where its files are."""
    event = made.event
    number = f" 第 {made.correction} 次更正" if made.correction else ""
    number += f" {DECLARED[event.declared]}" if event.kind == ZERO else ""
    done = "已出具" if made.is_new else "早已出具,原样给出"
    say(f"{escape(event.period)} {escape(event.office)}{number} {done}(第 {event.run_no} 次运行):")
    for kind, path in made.paths.items():
        say(f"  {escape(str(path))}\n    SHA-256 {event.files[kind]}")
