"""The ledger: what is on it, every step of a person, and Excel."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from regaudit.cli.help import Menu
from regaudit.cli.ledger_documents import document, make_documents
from regaudit.cli.ledger_door import (
    admitted,
    at_option,
    by_login_option,
    decided_at,
    now_of,
    opened_ledger,
    password_option,
)
from regaudit.cli.ledger_steps import open_command, step_commands
from regaudit.cli.ledger_texts import print_entry, print_list, print_plan, print_taken
from regaudit.cli.options import Coded, file_type, home_option, json_option
from regaudit.cli.screen import complain, print_json, print_json_pages, say
from regaudit.ledger.excel import take_sheet
from regaudit.ledger.rights import state_title
from regaudit.ledger.states import LIGHTS, STATES
from regaudit.outlets.entry_story import entry_facts, row_facts
from regaudit.outlets.ledger_sheet import export_ledger
from regaudit.outlets.ledger_view import Wanted, read_rows, read_view

_PAGE, _INCOMPLETE = 2_048, 3
_STATES = Coded({state: state_title(state) for state in (*STATES, "appealed")})
_LIGHTS = Coded(LIGHTS)


@click.group(cls=Menu)
def ledger() -> None:
    """台账:list、show 查看,其余各命令办理一步,export 与 import 用 Excel 办理。"""


ledger.add_command(open_command)
ledger.add_command(document)
for _step in step_commands():
    ledger.add_command(_step)


def _wanted_options(command: Callable[..., None]) -> Callable[..., None]:
    """Which entries are wanted; the command takes it as `wanted`."""

    @click.option(
        "--state",
        "states",
        type=_STATES,
        multiple=True,
        metavar="状态",
        help="只列这种状态:代码或中文名,可重复",
    )
    @click.option(
        "--light",
        "lights",
        type=_LIGHTS,
        multiple=True,
        metavar="灯色",
        help=f"只列这种灯色:{_LIGHTS.told},可重复",
    )
    @click.option("--office", "offices", multiple=True, help="只列这个登记机构,可重复")
    @click.option("--mine", default="", metavar="登录名", help="只列应由此人办理的")
    @wraps(command)
    def with_wanted(states: Any, lights: Any, offices: Any, mine: str, **words: Any) -> None:
        wanted = Wanted(
            states=frozenset(states),
            lights=frozenset(lights),
            offices=frozenset(offices),
            mine=mine,
        )
        command(wanted=wanted, **words)

    return with_wanted


@ledger.command(name="list")
@_wanted_options
@click.option("--by", default="", help="何人查看:移交的事项只对有权知道的人显示内容")
@home_option
@json_option
def list_(wanted: Wanted, by: str, home: Path, *, as_json: bool) -> None:
    """列出台账:编号、灯色、状态、级别、期限和事项。"""
    rows = read_rows(home, now_of(home), wanted, by)
    if as_json:
        facts = [row_facts(row) for row in rows]
        print_json_pages(facts[first : first + _PAGE] for first in range(0, len(facts), _PAGE))
    else:
        print_list(rows)
    if wanted.offices and not rows:
        complain(f"提示:登记机构 {escape('、'.join(sorted(wanted.offices)))} 没有这样的台账")


@ledger.command()
@click.argument("entry", metavar="台账编号")
@click.option("--by", default="", help="何人查看:只列此人现在可以办理的步骤")
@home_option
@json_option
def show(entry: str, by: str, home: Path, *, as_json: bool) -> None:
    """一项台账的全部:挂账时的事实、办理经过、期限,以及现在可以办理什么。"""
    facts = entry_facts(read_view(home, now_of(home), [entry]), entry, by)
    print_json(facts) if as_json else print_entry(facts)


@ledger.command()
@click.option("-o", "--output", "path", type=file_type, required=True, help="写入的工作簿,如 台账.xlsx")
@_wanted_options
@click.option("--by", default="", help="给何人办理:下拉框中只有此人现在可以办理的步骤")
@home_option
@json_option
def export(path: Path, wanted: Wanted, by: str, home: Path, *, as_json: bool) -> None:
    """导出为 Excel 工作簿:填好“办理”等各列后,用 import 读回。"""
    rows = export_ledger(home, now_of(home), path, wanted, by)
    if as_json:
        print_json({"file": str(path), "rows": rows})
    else:
        say(escape(f"{rows} 项已写入 {path}"))


@ledger.command(name="import")
@click.argument("path", metavar="文件", type=file_type)
@click.option("--dry-run", "is_dry", is_flag=True, help="只说明各行会怎样,什么也不写")
@by_login_option
@at_option
@password_option
@home_option
@json_option
def import_(
    path: Path,
    by: str,
    at: str | None,
    password_file: Path | None,
    home: Path,
    *,
    is_dry: bool,
    as_json: bool,
) -> None:
    """读回填好的工作簿:先说明各行会怎样,再逐项办理;不能办理的行退回并写明原因。"""
    with opened_ledger(home, "import") as (workspace, service):
        author = admitted(workspace, by, password_file, door="excel")
        result = take_sheet(
            service,
            path,
            author,
            now=workspace.now(),
            at=decided_at(workspace, at),
            is_dry=is_dry,
            tell=(lambda _rows: None) if as_json else print_plan,
        )
        if not is_dry:
            taken = {row.entry: row.step for row in result.rows if not row.refused}
            make_documents(service, taken, author)
    if as_json:
        print_json(
            {
                "rows": result.rows,
                "taken": 0 if is_dry else len(result.rows) - result.refused,
                "refused": result.refused,
                "returned": str(result.returned) if result.returned else None,
            }
        )
    else:
        print_taken(result, is_dry=is_dry)
    raise SystemExit(_INCOMPLETE if result.refused else 0)
