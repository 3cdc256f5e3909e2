"""Excel workbooks: XLSX, and the binary files (BIFF8) that older platforms still write."""

from collections.abc import Iterable
from datetime import datetime
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter

from regaudit.base.errors import RegauditError
from regaudit.base.parts import how_to_get
from regaudit.catalogue.vocabulary import display_name
from regaudit.simulate.rows import StepLog
from regaudit.simulate.writers.cells import TIMES, as_moment, chinese_columns, chinese_values

XLSX_ROWS, XLS_ROWS = 1_048_576, 65_536
_TITLE = "不动产登记平台办件日志"
_SUBTITLE = "导出单位:不动产登记中心"
_CREATED = datetime(2026, 1, 1)
_TIME_FORMAT = "yyyy-mm-dd hh:mm:ss"
_GROUPS = {
    "业务": ("case_no", "office", "registration_type", "right_type", "applicant_kind", "channel"),
    "单元": ("batch_no", "unit_no", "promised_at", "subtype", "matter"),
    "办理": ("step", "node", "result", "started_at", "occurred_at", "pause_kind", "reason"),
    "人员": ("account", "operator", "terminal", "approver"),
    "证书": ("serial_no",),
}
"""The upper of the two header rows: merged over the columns below."""


def write_xlsx(log: StepLog, path: Path) -> None:
    """XLSX: title, subtitle, two header rows with merged cells, real Excel times, numbers as text."""
    rows = _typed(log, XLSX_ROWS - 4)
    with _new_xlsx(path) as workbook:
        sheet = workbook.add_worksheet("办件日志")
        bold = workbook.add_format({"bold": True, "align": "center"})
        sheet.merge_range(0, 0, 0, rows.width - 1, _TITLE, bold)
        sheet.write_string(1, 0, _SUBTITLE)
        column = 0
        for group, names in _GROUPS.items():
            last = column + len(names) - 1
            if last > column:
                sheet.merge_range(2, column, 2, last, group, bold)
            else:
                sheet.write_string(2, column, group, bold)
            column = last + 1
        _fill_xlsx(sheet, chinese_columns(rows), first_row=3)


def write_xlsx_sheets(sheets: Iterable[tuple[str, pl.DataFrame]], path: Path) -> None:
    """XLSX with one sheet a table: header in the first row, text cells."""
    with _new_xlsx(path) as workbook:
        for name, rows in sheets:
            _refuse_if_larger(rows.height, XLSX_ROWS - 1, path.name)
            _fill_xlsx(workbook.add_worksheet(name), rows, first_row=0)


def write_xls(log: StepLog, path: Path) -> None:
    """BIFF8 with a title row, real Excel times; at most 65,536 rows."""
    rows = _typed(log, XLS_ROWS - 2)
    xlwt = _library("xlwt")
    workbook = xlwt.Workbook(encoding="utf-8")
    sheet = workbook.add_sheet("办件日志")
    moment, plain = xlwt.easyxf(num_format_str=_TIME_FORMAT), xlwt.easyxf(num_format_str="@")
    sheet.write_merge(0, 0, 0, rows.width - 1, _TITLE)
    for column, name in enumerate(rows.columns):
        style = moment if name in TIMES else plain
        sheet.write(1, column, display_name(name))
        for row, value in enumerate(rows[name], start=2):
            if value is not None:
                sheet.write(row, column, value, style)
    content = BytesIO()
    workbook.save(content)
    path.write_bytes(content.getvalue())


def _typed(log: StepLog, most: int) -> pl.DataFrame:
    """All rows with Chinese values and times as such, in the order of the header's groups."""
    _refuse_if_larger(log.height, most, "Excel 工作簿")
    names = [name for group in _GROUPS.values() for name in group]
    rows = chinese_values(log.whole().select(names))
    return rows.with_columns(as_moment(pl.col(name)) for name in TIMES)


def _refuse_if_larger(height: int, most: int, what: str) -> None:
    if height > most:
        raise RegauditError(
            f"{what} 一张表至多 {most:,} 行数据,现有 {height:,} 行,写不下:"
            "请减少 --cases,或改用不限行数的形式,如 --shape canonical"
        )


def _new_xlsx(path: Path) -> Any:
    workbook = xlsxwriter.Workbook(
        path,
        {
            "in_memory": True,
            "default_date_format": _TIME_FORMAT,
            "strings_to_formulas": False,
            "strings_to_urls": False,
        },
    )
    workbook.set_properties({"created": _CREATED})
    return workbook


def _fill_xlsx(sheet: Any, rows: pl.DataFrame, *, first_row: int) -> None:
    sheet.write_row(first_row, 0, rows.columns)
    for column, name in enumerate(rows.columns):
        # Of a blank cell without a format, XlsxWriter writes nothing.
        sheet.write_column(first_row + 1, column, rows[name])


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise RegauditError(
            f"没有安装 {name},写不了 Excel 工作簿:请改用别的 --shape,或{how_to_get('simulate')}"
        ) from error
