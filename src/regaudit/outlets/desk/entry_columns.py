"""The columns of the ledger's view: the page, XLSX and CSV show the same."""

from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Struct

from regaudit.base.running_text import running
from regaudit.catalogue.rules import SEVERITIES
from regaudit.ledger.people import People
from regaudit.ledger.rights import state_title
from regaudit.ledger.rows import EntryRow
from regaudit.ledger.states import LIGHTS, ROLES
from regaudit.outlets.desk.downloads import Cell
from regaudit.outlets.desk.entry_page import given_to
from regaudit.outlets.entry_story import LIMIT_TITLES

_ROLES: dict[str, str] = {str(role): title for role, title in ROLES.items()}


class Names(Struct, frozen=True):
    """How people and offices are called."""

    people: People
    office_name: Callable[[str], str]


class Column(Struct, frozen=True):
    """A column: by which word the view is sorted by it (empty: it is not), its title, its cell."""

    sort: str
    title: str
    cell: Callable[[EntryRow, Names], Cell]


def _light(row: EntryRow, _: Names) -> Cell:
    return LIGHTS[row.light] + ("（有因）" if row.is_excused else "")


def _state(row: EntryRow, _: Names) -> Cell:
    marks = (
        f"其下为{state_title(row.state)}" if row.shown_state != row.state else "",
        "待另一级认定" if row.pending else "",
        "规则未运行" if row.is_not_run else "不再发现" if row.is_gone and not row.is_final else "",
        f"退回 {row.returns} 次" if row.returns else "",
    )
    told = "，".join(mark for mark in marks if mark)
    return state_title(row.shown_state) + (f"（{told}）" if told else "")


def _unit(row: EntryRow, names: Names) -> Cell:
    office = names.office_name(row.office) if row.office else ""
    return " ".join(part for part in (office, given_to(row, names.people)) if part)


def _next(row: EntryRow, _: Names) -> Cell:
    if not row.due_on:
        return ""
    provisional = "（暂定）" if row.is_provisional else ""
    return f"{_ROLES.get(row.holder, '')}：{LIMIT_TITLES.get(row.limit, row.limit)}{provisional}"


def _about(row: EntryRow, _: Names) -> Cell:
    again = f"再犯于 {row.recurs_of}。" if row.recurs_of else f"承接 {row.follows}。" if row.follows else ""
    return again + running(row.summary, (row.case_no, row.account, row.batch_no))


COLUMNS: Final[Sequence[Column]] = (
    Column("entry", "编号", lambda row, _: row.entry),
    Column("light", "灯", _light),
    Column("severity", "级别", lambda row, _: SEVERITIES.get(row.gravest, "")),
    Column("state", "状态", _state),
    Column("title", "事项", lambda row, _: row.title),
    Column("subject", "涉及", lambda row, _: row.subject),
    Column("unit", "承办", _unit),
    Column("due", "应办日期", lambda row, _: row.due_on),
    Column("", "下一步", _next),
    Column("", "情况", _about),
)
"""In order; the page shows the last beneath the title."""
HEADER: Final = [column.title for column in COLUMNS]


def cells(row: EntryRow, names: Names) -> list[Cell]:
    """The cells of a row."""
    return [column.cell(row, names) for column in COLUMNS]
