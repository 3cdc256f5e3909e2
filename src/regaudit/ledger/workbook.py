"""The ledger as an Excel workbook: what people see of an entry, and the columns in which they say a step.

Each row carries the version of its entry in a locked column: what was done meanwhile is seen when the sheet
comes back. No cell is a formula, whatever a text begins with.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import xlsxwriter
from msgspec import Struct

from regaudit.base.archive import sync_folder
from regaudit.base.errors import RegauditError, reason_of
from regaudit.base.folded_text import visible
from regaudit.base.in_place import put_in_place
from regaudit.catalogue.rules import SEVERITIES
from regaudit.ledger.rights import state_title
from regaudit.ledger.rows import EntryRow
from regaudit.ledger.states import ASSIGNMENTS, LIGHTS, ROLES, verdict_title
from regaudit.ledger.steps import STEPS

SHEET = "台账"
NUMBER, VERSION, REASON = "台账编号", "版本", "退回原因"
STEP, VERDICT, TEXT, TO, KIND, DUE, SEVERITY = "办理", "结论", "说明", "交办给", "方式", "期限", "级别"
FILLED: Final = {STEP: 12, VERDICT: 12, TEXT: 36, TO: 18, KIND: 12, DUE: 14, SEVERITY: 10}
"""The columns that people fill in, with their widths."""
Cell = str | int | date | None
_ROLES: Final[dict[str, str]] = {str(role): title for role, title in ROLES.items()}
_SEEN: Final[dict[str, tuple[int, Callable[[EntryRow], Cell]]]] = {
    NUMBER: (22, lambda row: row.entry),
    "灯": (6, lambda row: LIGHTS[row.light] + ("(有因)" if row.is_excused else "")),
    "状态": (10, lambda row: state_title(row.shown_state)),
    "严重程度": (10, lambda row: SEVERITIES.get(row.gravest, "")),
    "事项": (18, lambda row: row.title),
    "涉及": (22, lambda row: row.subject),
    "应办日期": (14, lambda row: row.due_on),
}
_MORE: Final[dict[str, tuple[int, Callable[[EntryRow], Cell]]]] = {
    "应由谁办": (14, lambda row: _ROLES.get(row.holder, "")),
    "情况": (60, lambda row: row.summary),
    "登记机构": (12, lambda row: row.office),
    "承办科室": (14, lambda row: row.section),
    "承办人": (14, lambda row: row.person),
    "申请延至": (14, lambda row: row.asked_to),
    "退回次数": (10, lambda row: row.returns),
    "延期次数": (10, lambda row: row.extensions),
    "再犯于": (22, lambda row: row.recurs_of),
    "承接": (22, lambda row: row.follows),
    "依据": (28, lambda row: row.basis),
    "挂账时间": (18, lambda row: row.opened_at),
    "本状态起": (18, lambda row: row.since),
}
_RANGES = 100
"""How many ranges a drop-down is given at most: what reads workbooks has a limit for them."""
_FORMULA = re.compile("\\s*[=+\\-@\uff1d\uff0b\uff0d\uff20]")
_DAY_0: Final = date(1899, 12, 30)
_DAY, _MOMENT = "yyyy-mm-dd", "yyyy-mm-dd hh:mm"
_PROTECTION = {"autofilter": True, "sort": True, "format_columns": True, "format_rows": True}


class Line(Struct, frozen=True, kw_only=True):
    """A line of the sheet.

    Attributes:
        row: the entry; None where a filled-in line named none that there is.
        steps: titles for its drop-down.
        filled: what stands in the columns to fill in, and `NUMBER` where there is no row.
        reason: why it was returned.
    """

    row: EntryRow | None
    steps: tuple[str, ...] = ()
    filled: Mapping[str, str] = {}
    reason: str = ""


def make_workbook(lines: Sequence[Line], *, is_returned: bool = False) -> bytes:
    """A workbook of lines; of a returned one the reasons stand in the column behind the number."""
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, {"constant_memory": True}) as book:
        sheet = book.add_worksheet(SHEET)
        _Sheet(book, sheet, is_returned=is_returned).fill(lines)
    return buffer.getvalue()


def keep_workbook(content: bytes, path: Path) -> None:
    """Write a workbook to a path, whole or not at all.

    Raises:
        RegauditError: it cannot be written.
    """
    draft = path.with_name(f".{path.name}.tmp")
    try:
        draft.write_bytes(content)
        put_in_place(draft, path)
        sync_folder(path.parent)
    except OSError as error:
        raise RegauditError(
            f"工作簿 {path} 无法写入:{reason_of(error)}。请检查文件夹,或关闭正打开它的程序"
        ) from error


class _Sheet:
    """The one sheet while it is filled."""

    def __init__(self, book: Any, sheet: Any, *, is_returned: bool) -> None:
        self._sheet = sheet
        seen = {title: width for title, (width, _) in _SEEN.items()}
        more = {title: width for title, (width, _) in _MORE.items()}
        reason = {REASON: 50} if is_returned else {}
        widths = {**seen, **reason, **FILLED, **more, VERSION: 8}
        self._at = {title: column for column, title in enumerate(widths)}
        text = {"num_format": "@", "text_wrap": True, "valign": "top"}
        self._text = book.add_format(text)
        # Without it what looks like a formula would become one as soon as somebody edits the cell.
        self._quoted = book.add_format({**text, "quote_prefix": True})
        self._open = book.add_format({**text, "locked": False, "bg_color": "#FFF8E1"})
        self._open_quoted = book.add_format(
            {**text, "locked": False, "bg_color": "#FFF8E1", "quote_prefix": True}
        )
        plain = {"align": "left", "valign": "top"}
        self._day = book.add_format({**plain, "num_format": _DAY})
        self._moment = book.add_format({**plain, "num_format": _MOMENT})
        self._number = book.add_format({**plain, "num_format": "0"})
        self._open_day = book.add_format(
            {**plain, "num_format": _DAY, "locked": False, "bg_color": "#FFF8E1"}
        )
        heading = book.add_format({"bold": True, "bg_color": "#E6E9EC", "border": 1, "valign": "vcenter"})
        for title, column in self._at.items():
            form = self._open_day if title == DUE else self._open if title in FILLED else None
            sheet.set_column(column, column, widths[title], form, {"hidden": title == VERSION})
        sheet.freeze_panes(1, 1)
        sheet.protect("", _PROTECTION)
        for title, column in self._at.items():
            sheet.write_string(0, column, title, heading)

    def fill(self, lines: Sequence[Line]) -> None:
        """Write all lines, then what can be chosen in them."""
        shown = [(self._at[title], value) for title, (_, value) in {**_SEEN, **_MORE}.items()]
        for number, line in enumerate(lines, start=1):
            if line.row is not None:
                cells = {column: cell for column, value in shown if (cell := value(line.row)) is not None}
                cells[self._at[VERSION]] = line.row.version
            else:
                cells = {self._at[NUMBER]: line.filled.get(NUMBER, "")}
            if line.reason:
                cells[self._at[REASON]] = line.reason
            # What is written row by row has to come in the order of the columns, too.
            for column, cell in sorted(cells.items()):
                self._write(number, column, cell)
            for title in FILLED:
                if text := line.filled.get(title):
                    self._write_text(number, self._at[title], text, self._open, self._open_quoted)
        self._sheet.autofilter(0, 0, max(len(lines), 1), len(self._at) - 1)
        if lines:
            self._choices(lines)

    def _write(self, row: int, column: int, value: Cell) -> None:
        if isinstance(value, str):
            if value:
                self._write_text(row, column, value, self._text, self._quoted)
        elif isinstance(value, int):
            self._sheet.write_number(row, column, value, self._number)
        elif isinstance(value, datetime):
            self._sheet.write_number(row, column, _serial(value), self._moment)
        elif value is not None:
            self._sheet.write_number(row, column, _serial(value), self._day)

    def _write_text(self, row: int, column: int, value: str, plain: Any, quoted: Any) -> None:
        text = visible(value)
        self._sheet.write_string(row, column, text, quoted if _FORMULA.match(text) else plain)

    def _choices(self, lines: Sequence[Line]) -> None:
        verdicts = [verdict_title(step.name, verdict) for step in STEPS.values() for verdict in step.verdicts]
        lists = {
            VERDICT: list(dict.fromkeys(verdicts)),
            KIND: list(ASSIGNMENTS.values()),
            SEVERITY: list(SEVERITIES.values()),
        }
        for title, choices in lists.items():
            self._choose(self._at[title], [(1, len(lines))], choices)
        whole = {"validate": "date", "criteria": ">=", "value": date(2000, 1, 1), "error_title": DUE}
        column = self._at[DUE]
        self._sheet.data_validation(1, column, len(lines), column, {**whole, "error_message": "应为日期"})
        for steps, ranges in _ranges(line.steps for line in lines).items():
            if steps:
                self._choose(self._at[STEP], ranges, list(steps))

    def _choose(self, column: int, ranges: Sequence[tuple[int, int]], choices: list[str]) -> None:
        for begin in range(0, len(ranges), _RANGES):
            (first, last), *others = ranges[begin : begin + _RANGES]
            rule = {
                "validate": "list",
                "source": choices,
                "error_title": "请从下拉框选择",
                "error_message": "本项现在只能选择下拉框中所列的",
                "other_cells": [[one, column, two, column] for one, two in others],
            }
            self._sheet.data_validation(first, column, last, column, rule)


def _ranges(lists: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], list[tuple[int, int]]]:
    """The first and last rows of the runs of lines that have the same list."""
    found: dict[tuple[str, ...], list[tuple[int, int]]] = {}
    for steps, run in _runs(lists):
        found.setdefault(steps, []).append(run)
    return found


def _runs(lists: Iterable[tuple[str, ...]]) -> Iterator[tuple[tuple[str, ...], tuple[int, int]]]:
    for steps, group in groupby(enumerate(lists, start=1), key=lambda pair: pair[1]):
        rows = [row for row, _ in group]
        yield steps, (rows[0], rows[-1])


def _serial(value: date) -> float:
    """A day or time as Excel counts it, whole seconds: the end of a day is not shown as the next."""
    whole = (date(value.year, value.month, value.day) - _DAY_0).days
    if not isinstance(value, datetime):
        return whole
    return whole + (value.hour * 3600 + value.minute * 60 + value.second) / 86400
