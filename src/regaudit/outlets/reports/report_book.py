"""A report as a workbook: real numbers, filters, and sheets that print on A4."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from io import BytesIO
from typing import Any

import xlsxwriter

from regaudit.audit.light import LIGHTS
from regaudit.base.folded_text import visible
from regaudit.outlets.reports.bridge import COLUMNS
from regaudit.outlets.reports.inspected import COLUMNS as INSPECTED
from regaudit.outlets.reports.sheet_rows import correction_rows, figure_rows, ledger_rows

Cell = str | int | float | None
_A4, _ROWS = 9, 1_048_575
_WIDE, _NARROW = 60, 12


def make_workbook(facts: Mapping[str, Any], made_at: datetime) -> bytes:
    """The workbook of a report, byte for byte the same for the same facts.

    Args:
        facts: what its JSON says.
        made_at: its creation date (local).
    """
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        heading = f"{facts['office_name']}{facts['title']}质量监管报告"
        book.set_properties({"title": heading, "created": made_at, "comments": facts["basis"]["checkpoint"]})
        sheets = _Sheets(book, heading)
        sheets.add("总览", ("项目", "内容"), _overview(facts), widths=(18, 100))
        names = list(COLUMNS)
        sheets.add(
            "台账增减",
            ("类别", *COLUMNS.values()),
            [[row["title"], *(row[name] for name in names)] for row in facts["bridge"]],
        )
        sheets.add("办件", *figure_rows(facts))
        sheets.add("台账", *ledger_rows(facts), widths=(16, 46, 12, 12, 12, 12, 12, 12, 40))
        sheets.add(
            "走势",
            ("月份", "受理", "办结", "按时", "应计", "按时率（%）"),
            [
                [r["month"], r["accepted"], r["closed"], r["on_time"], r["dated"], r["percent"]]
                for r in facts["trend"]
            ],
        )
        sheets.add("用时分布", ("已用工作日", "件数"), [[row["days"], row["cases"]] for row in facts["days"]])
        sheets.add("缺失", ("类别", "来源", "日期"), _missing(facts), widths=(14, 30, 60))
        sheets.add(
            "无法判断",
            ("规则", "名称", "对象", "其中只在等待"),
            [[row["rule"], row["title"], row["subjects"], row["waiting"]] for row in facts["unknowns"]],
        )
        sheets.add(
            "抽查",
            tuple(INSPECTED.values()),
            [[row[name] for name in INSPECTED] for row in facts["inspections"]],
            widths=(10, 14, 24, 16, 10, 10, 10, 10, 10, 80),
        )
        if facts["correction"]:
            sheets.add("更正", *correction_rows(facts), widths=(60, 16, 16, 20))
        sheets.add(
            "口径", ("名称", "怎样计算"), [[m["name"], m["text"]] for m in facts["method"]], widths=(24, 100)
        )
    return buffer.getvalue()


class _Sheets:
    """The sheets of a workbook, all of one look."""

    def __init__(self, book: Any, heading: str) -> None:
        self._book, self._heading = book, heading
        self._bold = book.add_format({"bold": True, "bg_color": "#E6E9EC", "border": 1, "text_wrap": True})
        # Without the mark what looks like a formula would become one as soon as somebody edits the cell.
        self._text = book.add_format(
            {"num_format": "@", "text_wrap": True, "valign": "top", "quote_prefix": True}
        )
        self._whole = book.add_format({"num_format": "#,##0", "valign": "top"})
        self._part = book.add_format({"num_format": "0.0", "valign": "top"})

    def add(
        self,
        name: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[Cell]],
        *,
        widths: Sequence[int] = (),
    ) -> None:
        """A sheet with a filter, which prints across on A4 with its head on every page."""
        sheet = self._book.add_worksheet(name)
        for number, title in enumerate(columns):
            width = widths[number] if number < len(widths) else max(2 * len(title) + 2, _NARROW)
            sheet.set_column(number, number, min(width, 2 * _WIDE))
            sheet.write_string(0, number, title, self._bold)
        for line, row in enumerate(rows[:_ROWS], start=1):
            for number, cell in enumerate(row):
                self._write(sheet, line, number, cell)
        last = (max(len(rows), 1), len(columns) - 1)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, *last)
        sheet.set_paper(_A4)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.print_area(0, 0, *last)
        sheet.set_header(f"&C{self._heading.replace('&', '&&')}：{name}")
        sheet.set_footer("&C第 &P 页 共 &N 页")

    def _write(self, sheet: Any, line: int, number: int, cell: Cell) -> None:
        if isinstance(cell, bool | int):
            sheet.write_number(line, number, int(cell), self._whole)
        elif isinstance(cell, float):
            sheet.write_number(line, number, cell, self._part)
        elif cell:
            sheet.write_string(line, number, visible(cell), self._text)


def _overview(facts: Mapping[str, Any]) -> list[list[Cell]]:
    basis = facts["basis"]
    correction = facts["correction"]
    return [
        ["登记机构", f"{facts['office_name']}（{facts['office']}）"],
        ["期间", f"{facts['title']}：{facts['first']} 至 {facts['last']}"],
        *([["更正", f"第 {correction['number']} 次：{correction['reason']}"]] if correction else []),
        ["灯", LIGHTS[facts["light"]]],
        *(["灯的理由", why["text"]] for why in facts["because"]),
        *(["要点", text] for text in facts["summary"]),
        ["所依据的运行", f"第 {basis['run_no']} 次，截至 {basis['as_of']}"],
        ["台账读至日志位置", f"{basis['log_position']}"],
        ["检查点", f"{basis['checkpoint']}（第 {basis['checkpoint_size']} 条处）"],
        ["规程", f"{basis['profile_title']}（{basis['profile']}）"],
        ["工作日历", basis["calendar"]],
        ["出具", f"{basis['made_at']} {basis['by']}"],
    ]


def _missing(facts: Mapping[str, Any]) -> list[list[Cell]]:
    return [
        *(["没有夜间作业", "", day] for day in facts["nights"]["missing"]),
        *(["没有送达的导出", row["source"], night] for row in facts["exports"] for night in row["nights"]),
    ]
