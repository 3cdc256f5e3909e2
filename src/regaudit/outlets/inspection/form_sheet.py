"""The forms of a draw as an Excel workbook: a row a case, a column an item, filled in one after the other.

Each row carries the version of its last examination in a locked column: what was done meanwhile is seen when
the sheet comes back. No cell is a formula, whatever a text begins with.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from io import BytesIO
from typing import Any, Final

import xlsxwriter

from regaudit.base.folded_text import visible
from regaudit.base.running_text import full_width
from regaudit.catalogue.event_types import InspectionExamined
from regaudit.catalogue.inspection_items import InspectionItem, inspection_items
from regaudit.catalogue.inspection_terms import VERDICTS
from regaudit.outlets.inspection.forms import FormHead

SHEET, ITEMS_SHEET = "抽查", "检查项目"
NUMBER, VERSION, REMARK, DAY = "质检编号", "版本", "问题说明", "检查日期"
Cell = str | date | None
_HEAD: Final[dict[str, tuple[int, Callable[[FormHead], Cell]]]] = {
    NUMBER: (24, lambda head: head.form.number),
    "业务编号": (22, lambda head: head.number),
    "业务名称": (20, lambda head: head.business),
    "登记类型": (12, lambda head: head.registration),
    "受理人": (10, lambda head: head.accepted_by),
    "核定人": (10, lambda head: head.approved_by),
    "受理时间": (17, lambda head: head.accepted_at),
    "应办结日期": (12, lambda head: head.due_on),
    "办结时间": (17, lambda head: head.closed_at),
    "印刷序列号": (14, lambda head: head.serial_nos),
    "抽取日期": (12, lambda head: head.drawn_on),
    "抽中或必查": (14, lambda head: full_width(head.why)),
}
_SEVERITIES = {"minor": "一般", "major": "重要"}
_FORMULA = re.compile("\\s*[=+\\-@\uff1d\uff0b\uff0d\uff20]")
_DAY_0: Final = date(1899, 12, 30)
_ITEM_WIDTH, _REMARK_WIDTH, _DAY_WIDTH, _VERSION_WIDTH = 11, 46, 13, 8
_PROTECTION = {"autofilter": True, "sort": True, "format_columns": True, "format_rows": True}
_OPEN: Final = {"locked": False, "bg_color": "#FFF8E1"}


def make_forms(heads: Sequence[FormHead]) -> bytes:
    """A workbook with a row for each form, and a second sheet that says what each item means."""
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        _Forms(book).fill(heads)
        _list_items(book)
    return buffer.getvalue()


def remark_text(examined: InspectionExamined) -> str:
    """What was remarked, as the column has it: a line an item, then what is said of the whole."""
    titles = inspection_items()
    lines = [
        f"{titles[one.item].title if one.item in titles else one.item}:{one.remark}"
        for one in examined.items
        if one.remark
    ]
    return "\n".join([*lines, *([examined.remark] if examined.remark else [])])


class _Forms:
    """The sheet that is filled in."""

    def __init__(self, book: Any) -> None:
        self._sheet = book.add_worksheet(SHEET)
        text = {"num_format": "@", "text_wrap": True, "valign": "top"}
        plain = {"align": "left", "valign": "top"}
        self._text = book.add_format(text)
        # Without it what looks like a formula would become one as soon as somebody edits the cell.
        self._quoted = book.add_format({**text, "quote_prefix": True})
        self._open = book.add_format({**text, **_OPEN})
        self._open_quoted = book.add_format({**text, **_OPEN, "quote_prefix": True})
        self._day = book.add_format({**plain, "num_format": "yyyy-mm-dd"})
        self._moment = book.add_format({**plain, "num_format": "yyyy-mm-dd hh:mm"})
        self._open_day = book.add_format({**plain, **_OPEN, "num_format": "yyyy-mm-dd"})
        self._heading = book.add_format(
            {"bold": True, "bg_color": "#E6E9EC", "border": 1, "valign": "vcenter", "text_wrap": True}
        )
        items = inspection_items()
        widths = {
            **{title: width for title, (width, _) in _HEAD.items()},
            **{item.title: _ITEM_WIDTH for item in items.values()},
            REMARK: _REMARK_WIDTH,
            DAY: _DAY_WIDTH,
            VERSION: _VERSION_WIDTH,
        }
        self._at = {title: column for column, title in enumerate(widths)}
        for title, column in self._at.items():
            form = self._open_day if title == DAY else None if title in (*_HEAD, VERSION) else self._open
            self._sheet.set_column(column, column, widths[title], form, {"hidden": title == VERSION})
            self._sheet.write_string(0, column, title, self._heading)
        self._sheet.set_row(0, 32)
        self._sheet.freeze_panes(1, 2)
        self._sheet.protect("", _PROTECTION)
        self._sheet.set_landscape()
        self._sheet.set_paper(9)
        self._sheet.fit_to_pages(1, 0)
        self._sheet.repeat_rows(0)

    def fill(self, heads: Sequence[FormHead]) -> None:
        """Write the forms, with what is filled in already."""
        for row, head in enumerate(heads, start=1):
            for title, (_, value) in _HEAD.items():
                self._write(row, self._at[title], value(head))
            self._sheet.write_number(row, self._at[VERSION], head.form.version, self._text)
            if head.form.examined is not None:
                self._fill_in(row, head.form.examined)
        last = max(len(heads), 1)
        self._sheet.autofilter(0, 0, last, len(self._at) - 1)
        self._sheet.print_area(0, 0, last, len(self._at) - 2)
        for item in inspection_items().values():
            column = self._at[item.title]
            self._sheet.data_validation(1, column, last, column, _choices(item))
        column = self._at[DAY]
        whole = {"validate": "date", "criteria": ">=", "value": date(2000, 1, 1)}
        self._sheet.data_validation(1, column, last, column, {**whole, "error_message": "应为日期"})

    def _fill_in(self, row: int, examined: InspectionExamined) -> None:
        titles = inspection_items()
        for one in examined.items:
            if one.item in titles:
                column = self._at[titles[one.item].title]
                self._sheet.write_string(row, column, VERDICTS.get(one.verdict, one.verdict), self._open)
        self._write_text(row, self._at[REMARK], remark_text(examined), self._open, self._open_quoted)
        day = date.fromisoformat(examined.at[:10])
        self._sheet.write_number(row, self._at[DAY], _serial(day), self._open_day)

    def _write(self, row: int, column: int, value: Cell) -> None:
        if isinstance(value, datetime):
            self._sheet.write_number(row, column, _serial(value), self._moment)
        elif isinstance(value, date):
            self._sheet.write_number(row, column, _serial(value), self._day)
        elif value:
            self._write_text(row, column, value, self._text, self._quoted)

    def _write_text(self, row: int, column: int, value: str, plain: Any, quoted: Any) -> None:
        text = visible(value)
        self._sheet.write_string(row, column, text, quoted if _FORMULA.match(text) else plain)


def _choices(item: InspectionItem) -> dict[str, Any]:
    """The drop-down of an item; what it looks at is told when its cell is entered."""
    return {
        "validate": "list",
        "source": list(VERDICTS.values()),
        "input_title": item.title[:32],
        "input_message": full_width(item.about)[:255],
        "error_title": "请从下拉框选择",
        "error_message": "、".join(VERDICTS.values()),
    }


def _list_items(book: Any) -> None:
    """The sheet that says what is looked at, and on what basis."""
    sheet = book.add_worksheet(ITEMS_SHEET)
    heading = book.add_format({"bold": True, "bg_color": "#E6E9EC", "border": 1})
    text = book.add_format({"text_wrap": True, "valign": "top"})
    for column, (title, width) in enumerate((("项目", 24), ("看什么", 60), ("问题的级别", 12), ("依据", 40))):
        sheet.set_column(column, column, width, text)
        sheet.write_string(0, column, title, heading)
    for row, item in enumerate(inspection_items().values(), start=1):
        cells = (item.title, full_width(item.about), _SEVERITIES[item.severity], full_width(item.basis))
        for column, cell in enumerate(cells):
            sheet.write_string(row, column, cell, text)
    sheet.freeze_panes(1, 1)
    sheet.protect()


def _serial(value: date) -> float:
    """A day or time as Excel counts it."""
    whole = (date(value.year, value.month, value.day) - _DAY_0).days
    if not isinstance(value, datetime):
        return whole
    return whole + (value.hour * 3600 + value.minute * 60 + value.second) / 86400
