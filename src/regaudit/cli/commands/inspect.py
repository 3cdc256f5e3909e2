"""The monthly inspection: plan, freeze, draw, recompute; forms out and in; what the result lets one say."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import rich_click as click
from rich.markup import escape

from regaudit.audit.workspace import Workspace
from regaudit.base.errors import UsageError
from regaudit.base.folders import Folders
from regaudit.base.settings import load_settings
from regaudit.catalogue.events import state_of
from regaudit.catalogue.profiles import load_profile
from regaudit.cli.author import command_author
from regaudit.cli.inspection_texts import print_faults, print_outlook, shown_moment
from regaudit.cli.ledger_door import admitted, opened_ledger, password_option
from regaudit.cli.options import file_type, home_option, json_option
from regaudit.cli.screen import complain, print_json, say
from regaudit.eventlog.log import EventLog
from regaudit.ledger.request import Author
from regaudit.ledger.workbook import keep_workbook
from regaudit.operation.lots import draw as draw_lots
from regaudit.operation.lots import freeze as freeze_population
from regaudit.outlets.inspection.draw_file import faults_of, read_draw
from regaudit.outlets.inspection.log_check import log_faults
from regaudit.outlets.inspection.outlook import outlook_of, read_outlook
from regaudit.outlets.inspection.randomness import Randomness, dice, number, root

_by_option = click.option("--by", default="", help="何人办理:登录名(不写的,记为当前系统用户)")
_reason_option = click.option("--reason", default="", help="再次办理的原因;原来的保留")


@click.group()
def inspect() -> None:
    """抽查:plan 方案,freeze 冻结总体,draw 抽取,verify-draw 重算,export、import 检查表,result 结果。"""


def _of_month(command: Callable[..., None]) -> Callable[..., None]:
    """Which inspection: the command takes `month` and `office`."""

    @click.option("--month", required=True, help="办结的月份:2026-03")
    @click.option("--office", default="", help="登记机构;不写的为全部")
    @wraps(command)
    def with_month(**words: Any) -> None:
        command(**words)

    return with_month


@inspect.command()
@_of_month
@home_option
@json_option
def plan(month: str, office: str, home: Path, *, as_json: bool) -> None:
    """抽查方案:各层抽多少,抽这些能说明什么,要说明什么须抽多少。什么也不写。"""
    terms = load_profile(load_settings(home).profile, home).inspection
    told = read_outlook(home, month, office, terms)
    print_json(told) if as_json else print_outlook(told)


@inspect.command()
@_of_month
@_reason_option
@_by_option
@password_option
@home_option
@json_option
def freeze(
    *, month: str, office: str, reason: str, by: str, password_file: Path | None, home: Path, as_json: bool
) -> None:
    """冻结总体:把该月办结的业务列成清单,其散列和日志检查点先记入日志,此后才掷骰子。"""
    with opened_ledger(home, "inspect freeze") as (workspace, _):
        author = _author(workspace, by, password_file)
        frozen = freeze_population(workspace, month, office, author, reason=reason)
        told = outlook_of(frozen.month, month, office, workspace.profile.inspection.plan)
    event = frozen.event
    if as_json:
        print_json({**_facts(event), "cautions": told.cautions})
        return
    print_outlook(told)
    say(escape(f"已冻结:总体 {event.count} 件,散列 {event.population_sha256}"))
    say(escape(f"其时日志 {event.checkpoint_size} 条,检查点的根 {event.checkpoint}"))
    say("现在可以掷骰子,再运行 inspect draw")


@inspect.command()
@_of_month
@click.option("--dice", "thrown", metavar="DIGITS", help="当众掷骰子所得的数字,如 4261352264")
@click.option("--witness", "witnesses", multiple=True, metavar="NAME", help="掷骰子的见证人,至少两名,可重复")
@click.option("--number", "published", metavar="N", help="别处公布的数,如彩票开奖号码")
@click.option("--source", default="", metavar="S", help="该数在何处、何时公布")
@click.option(
    "--checkpoint",
    "root_size",
    type=click.IntRange(min=1),
    metavar="SIZE",
    help="用日志这一条处检查点的根(较弱的办法);什么都不写的,用冻结后第一次夜间作业的",
)
@click.option("-o", "--output", "path", type=file_type, help="写入的抽取文件,如 DRAW.json")
@_reason_option
@_by_option
@password_option
@home_option
@json_option
def draw(
    *,
    month: str,
    office: str,
    thrown: str | None,
    witnesses: tuple[str, ...],
    published: str | None,
    source: str,
    root_size: int | None,
    path: Path | None,
    reason: str,
    by: str,
    password_file: Path | None,
    home: Path,
    as_json: bool,
) -> None:
    """抽取:由骰子、别处公布的数或以后的检查点决定,任何人都能用抽取文件重算。"""
    with opened_ledger(home, "inspect draw") as (workspace, _):
        digits = workspace.profile.inspection.digits
        chosen = _chosen(thrown, witnesses, published, source, root_size, digits=digits)
        author = _author(workspace, by, password_file)
        drawn = draw_lots(workspace, month, office, chosen, author, reason=reason)
    kept = path or Folders(home).reports / f"draw-{drawn.inspection.name}-{len(drawn.inspection.drawn)}.json"
    kept.parent.mkdir(parents=True, exist_ok=True)
    keep_workbook(drawn.content, kept)
    if as_json:
        print_json({**_facts(drawn.event), "file": str(kept)})
        return
    picks = len(drawn.event.picks)
    forms = len(drawn.inspection.forms())
    say(escape(f"抽中 {picks} 件,另有必查 {forms - picks} 件;种子 {drawn.event.seed}"))
    say(escape(f"抽取文件:{kept}。任何人可用 regaudit inspect verify-draw 或 tools/verify_draw.py 重算"))
    if drawn.event.way == "checkpoint":
        complain("提示:以日志检查点决定的抽取较弱:运行夜间作业的人可以反复试。能掷骰子的,请掷骰子")


def _chosen(
    thrown: str | None,
    witnesses: tuple[str, ...],
    published: str | None,
    source: str,
    root_size: int | None,
    *,
    digits: int,
) -> Randomness:
    """What decides the draw, of what the options say.

    Raises:
        UsageError: they say more than one thing, or not enough.
    """
    if sum(given is not None for given in (thrown, published, root_size)) > 1:
        raise UsageError("--dice、--number、--checkpoint 只能用其一")
    if thrown is not None:
        return dice(thrown, witnesses, digits=digits)
    if witnesses:
        raise UsageError("--witness 只与 --dice 同用")
    if published is not None:
        return number(published, source)
    if source:
        raise UsageError("--source 只与 --number 同用")
    return root(root_size or 0)


@inspect.command(name="verify-draw")
@click.argument("path", metavar="DRAW.json", type=file_type)
@click.option("--offline", is_flag=True, help="只核对文件本身,不与本工作区的日志比较")
@home_option
@json_option
def verify_draw(path: Path, home: Path, *, offline: bool, as_json: bool) -> None:
    """重算一次抽取:总体的散列、种子、各层应抽数、抽中的单位;在工作区中还与日志所记的比较。"""
    told = read_draw(path)
    faults = list(faults_of(told))
    is_logged = not offline and Folders(home).settings.is_file()
    if is_logged:
        with EventLog(home) as log:
            faults += log_faults(log, told)
    if as_json:
        facts = {"file": str(path), "ok": not faults, "faults": faults, "compared_with_log": is_logged}
        print_json({**facts, "office": told.office, "month": told.month, "picks": len(told.picks)})
    else:
        print_faults(path.name, faults, is_logged=is_logged)
        if not faults:
            say(
                escape(
                    f"总体 {len(told.population)} 件,抽中 {len(told.picks)} 件,必查 {len(told.mandatory)} 件;"
                    f"冻结于 {shown_moment(told.frozen_at)},抽取于 {shown_moment(told.drawn_at)}"
                )
            )
    raise SystemExit(1 if faults else 0)


def _author(workspace: Workspace, by: str, password_file: Path | None) -> Author:
    """Who freezes or draws: a user where one is named, else whoever runs the command."""
    return admitted(workspace, by, password_file) if by else command_author("")


def _facts(event: Any) -> dict[str, Any]:
    return {"inspection": event.originator_id.partition(":")[2], **state_of(event)}
