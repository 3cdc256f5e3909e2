"""The monthly inspection: plan, freeze, draw, recompute; forms out and in; what the result lets one say."""

from pathlib import Path

import click
from rich.markup import escape

from regaudit.base.folders import Folders
from regaudit.base.settings import load_settings
from regaudit.catalogue.profiles import load_profile
from regaudit.cli.help import Menu
from regaudit.cli.inspection_options import (
    chosen_of,
    drawer_of,
    drawer_option,
    event_facts,
    month_options,
    reason_option,
)
from regaudit.cli.inspection_texts import (
    print_faults,
    print_outcome,
    print_outlook,
    print_taken,
    shown_moment,
)
from regaudit.cli.ledger_door import admitted, opened_ledger, password_option
from regaudit.cli.options import file_type, home_option, json_option
from regaudit.cli.screen import complain, print_json, say
from regaudit.eventlog.log import EventLog
from regaudit.ledger.people import read_people
from regaudit.ledger.workbook import keep_workbook
from regaudit.operation.form_sheets import take_forms
from regaudit.operation.lots import draw as draw_lots
from regaudit.operation.lots import freeze as freeze_population
from regaudit.outlets.case_counts import class_titles
from regaudit.outlets.inspection.draw_file import faults_of, read_draw
from regaudit.outlets.inspection.filled_forms import read_forms
from regaudit.outlets.inspection.form_files import export_forms
from regaudit.outlets.inspection.inspections import read_inspection
from regaudit.outlets.inspection.log_check import log_faults
from regaudit.outlets.inspection.outcome import outcome_of
from regaudit.outlets.inspection.outlook import outlook_of, read_outlook
from regaudit.outlets.inspection.units import parse_month

_INCOMPLETE = 3


@click.group(cls=Menu)
def inspect() -> None:
    """抽查:plan 方案,freeze 冻结总体,draw 抽取,verify-draw 重算,export、import 检查表,result 结果。"""


@inspect.command()
@month_options
@home_option
@json_option
def plan(month: str, office: str, home: Path, *, as_json: bool) -> None:
    """抽查方案:各层抽多少,抽这些能说明什么,要说明什么须抽多少。什么也不写。"""
    profile = load_profile(load_settings(home).profile, home)
    told = read_outlook(home, month, office, profile.inspection)
    print_json(told) if as_json else print_outlook(told, class_titles(profile))


@inspect.command()
@month_options
@reason_option
@drawer_option
@password_option
@home_option
@json_option
def freeze(
    *, month: str, office: str, reason: str, by: str, password_file: Path | None, home: Path, as_json: bool
) -> None:
    """冻结总体:把该月办结的业务列成清单,其散列和日志检查点先记入日志,此后才掷骰子。"""
    with opened_ledger(home, "inspect freeze") as (workspace, _):
        author = drawer_of(workspace, by, password_file)
        frozen = freeze_population(workspace, month, office, author, reason=reason)
        told = outlook_of(frozen.month, month, office, workspace.profile.inspection.plan)
    event = frozen.event
    if as_json:
        print_json({**event_facts(event), "cautions": told.cautions})
        return
    print_outlook(told, class_titles(workspace.profile))
    say(escape(f"已冻结:总体 {event.count} 件,散列 {event.population_sha256}"))
    say(escape(f"其时日志 {event.checkpoint_size} 条,检查点的根 {event.checkpoint}"))
    say("现在可以掷骰子,再运行 inspect draw")


@inspect.command()
@month_options
@click.option("--dice", "thrown", metavar="数字", help="当众掷骰子所得的数字,如 4261352264")
@click.option("--witness", "witnesses", multiple=True, metavar="姓名", help="掷骰子的见证人,至少两名,可重复")
@click.option("--number", "published", metavar="数", help="别处公布的数,如彩票开奖号码")
@click.option("--source", default="", metavar="出处", help="该数在何处、何时公布")
@click.option(
    "--checkpoint",
    "root_size",
    type=click.IntRange(min=1),
    metavar="条数",
    help="用日志这一条处检查点的根,须写 --reason;什么都不写的,用冻结后第一次夜间作业的(较弱的办法)",
)
@click.option("-o", "--output", "path", type=file_type, help="写入的抽取文件,如 DRAW.json")
@reason_option
@drawer_option
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
        chosen = chosen_of(thrown, witnesses, published, source, root_size, digits=digits)
        author = drawer_of(workspace, by, password_file)
        drawn = draw_lots(workspace, month, office, chosen, author, reason=reason)
    kept = path or Folders(home).reports / f"draw-{drawn.inspection.name}-{len(drawn.inspection.drawn)}.json"
    kept.parent.mkdir(parents=True, exist_ok=True)
    keep_workbook(drawn.content, kept)
    if as_json:
        print_json({**event_facts(drawn.event), "file": str(kept)})
        return
    picks = len(drawn.event.picks)
    forms = len(drawn.inspection.forms())
    say(escape(f"抽中 {picks} 件,另有必查 {forms - picks} 件;种子 {drawn.event.seed}"))
    say(escape(f"抽取文件:{kept}。任何人可用 regaudit inspect verify-draw 或 tools/verify_draw.py 重算"))
    if drawn.event.way == "checkpoint":
        complain("提示:以日志检查点决定的抽取较弱:运行夜间作业的人可以反复试。能掷骰子的,请掷骰子")


@inspect.command(name="verify-draw")
@click.argument("path", metavar="抽取.json", type=file_type)
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


@inspect.command()
@month_options
@click.option("-o", "--output", "path", type=file_type, help="写入的工作簿,如 抽查.xlsx;PDF 在同名的文件夹中")
@home_option
@json_option
def export(*, month: str, office: str, path: Path | None, home: Path, as_json: bool) -> None:
    """导出检查表:一个工作簿,一行一件,下拉框选结论;每件另有一份 PDF,可打印手填。"""
    settings = load_settings(home)
    profile = load_profile(settings.profile, home)
    parse_month(month)
    with EventLog(home) as log:
        inspection, people = read_inspection(log, office, month), read_people(log)
    kept = path or Folders(home).reports / f"inspection-{inspection.name}.xlsx"
    made = export_forms(home, inspection, kept, settings=settings, profile=profile, people=people)
    if as_json:
        print_json(made)
        return
    say(escape(f"{made.forms} 件的检查表已写入 {made.workbook}"))
    if made.papers:
        say(escape(f"每件一份的 PDF 在 {made.papers[0].parent}"))
    if made.unset:
        complain(escape(f"提示:没有制作 PDF:{made.unset}"))


@inspect.command(name="import")
@click.argument("path", metavar="文件", type=file_type)
@click.option("--month", default="", metavar="月份", help="只读这个月的:2026-03")
@click.option("--office", default="", help="只读这个登记机构的抽查的")
@click.option("--by", required=True, help="质检员的登录名")
@password_option
@home_option
@json_option
def import_(
    *, path: Path, month: str, office: str, by: str, password_file: Path | None, home: Path, as_json: bool
) -> None:
    """读回填好的检查表:逐件评定等次,有问题的挂账;经办过的人不能检查;已有结论的,再填即为更正。"""
    if month:
        parse_month(month)
    rows = [row.of(office, month) for row in read_forms(path)]
    with opened_ledger(home, "inspect import") as (workspace, _):
        author = admitted(workspace, by, password_file, door="excel")
        taken = take_forms(workspace, rows, author)
    refused = sum(bool(row.refused) for row in taken)
    if as_json:
        print_json({"rows": taken, "taken": sum(row.is_new for row in taken), "refused": refused})
    else:
        print_taken(taken)
    raise SystemExit(_INCOMPLETE if refused else 0)


@inspect.command()
@month_options
@home_option
@json_option
def result(*, month: str, office: str, home: Path, as_json: bool) -> None:
    """抽查结果:各层查了几件、不合格几件,据此能说什么;必查的另列,不用于推断。"""
    profile = load_profile(load_settings(home).profile, home)
    parse_month(month)
    with EventLog(home) as log:
        told = outcome_of(read_inspection(log, office, month), profile.inspection.plan)
    print_json(told) if as_json else print_outcome(told, class_titles(profile))
