"""Tables as files: CSV, Excel workbooks and Parquet, written some rows at a time."""

import csv
import math
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from regaudit.base.errors import RegauditError
from regaudit.base.folded_text import visible
from regaudit.base.spreadsheet_text import (
    LONGEST,
    MOST_COLUMNS,
    MOST_DIGITS,
    MOST_ROWS,
    is_spoilt,
    looks_like_formula,
)

_LARGEST = 10**MOST_DIGITS
_FIRST_DAY = date(1900, 3, 1)
"""Spreadsheets count the days before wrongly."""
_EXPLAINED, _UNNAMED = "说明", "查询"
_NO_SHEETS = (_EXPLAINED, "history", "")
"""Names that are taken."""
_UNFIT = re.compile(r"[\[\]:*?/\\']")
_LONGEST_NAME = 31
_WIDTHS = (10, 44)


class TableFile(Protocol):
    """A file while it is written."""

    @property
    def notices(self) -> list[str]:
        """What a reader of the file must know (Chinese)."""

    def write(self, batch: Any) -> None:
        """Add rows.

        Raises:
            RegauditError: there is no room for them in such a file.
        """

    def close(self) -> None:
        """Finish it."""


class CsvFile:
    """UTF-8 with a byte-order mark, as Excel opens it; lists have `;` between their values."""

    def __init__(self, path: Path, headers: Sequence[str]) -> None:
        self._headers = headers
        self._spoilt: set[str] = set()
        self._file = path.open("x", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file, lineterminator="\r\n")
        self._writer.writerow([self._text(header) for header in headers])

    @property
    def notices(self) -> list[str]:
        """Which columns a spreadsheet would spoil."""
        spoilt = "、".join(header for header in self._headers if header in self._spoilt)
        if not spoilt:
            return []
        advice = "请导出 .xlsx,或在 Excel 中用“数据→从文本/CSV”读入并把这些列设为文本"
        return [f"{spoilt} 中有以 0 开头或很长的编号,Excel 直接打开 CSV 会改掉它们:{advice}"]

    def write(self, batch: Any) -> None:
        """Add rows."""
        columns = []
        for header, column in zip(self._headers, batch.columns, strict=True):
            values = [_plain(value) for value in column.to_pylist()]
            if header not in self._spoilt and any(isinstance(v, str) and is_spoilt(v) for v in values):
                self._spoilt.add(header)
            columns.append([self._cell(value) for value in values])
        self._writer.writerows(zip(*columns, strict=True))

    def _cell(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, bool):
            return "true" if value else "false"
        return value.isoformat(sep=" ") if isinstance(value, datetime) else value

    def _text(self, text: str) -> str:
        return f"'{text}" if looks_like_formula(text) else text

    def close(self) -> None:
        """Finish it."""
        self._file.close()


class ParquetFile:
    """Parquet with the types of the database: numbers, dates and lists stay what they are."""

    def __init__(self, path: Path, headers: Sequence[str], schema: Any) -> None:
        self._schema = pa.schema([field.with_name(h) for field, h in zip(schema, headers, strict=True)])
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")

    @property
    def notices(self) -> list[str]:
        """Nothing: all is kept."""
        return []

    def write(self, batch: Any) -> None:
        """Add rows."""
        self._writer.write_batch(batch.rename_columns(self._schema.names))

    def close(self) -> None:
        """Finish it."""
        self._writer.close()


class XlsxFile:
    """A workbook: a sheet with the rows, heading frozen, filters on; beside it one that explains the columns.

    Numbers are numbers and days are days; what a spreadsheet cannot hold exactly is a text. No cell is a
    formula, whatever a text begins with.
    """

    def __init__(
        self, path: Path, name: str, headers: Sequence[str], explained: Sequence[Sequence[str]]
    ) -> None:
        """Begin it.

        Args:
            path: where.
            name: of the sheet, as far as one can be called so.
            headers: of the columns.
            explained: rows of the sheet beside it.

        Raises:
            RegauditError: a sheet does not hold so many columns.
        """
        if len(headers) > MOST_COLUMNS:
            raise RegauditError(f"有 {len(headers):,} 列,Excel 的一张表只容 {MOST_COLUMNS:,} 列:请少取一些列")
        self._cut, self._count, self._width = 0, 0, len(headers)
        self._book = xlsxwriter.Workbook(path, {"constant_memory": True, "nan_inf_to_errors": False})
        make = self._book.add_format
        text = {"num_format": "@"}
        self._text, self._quoted = make(text), make({**text, "quote_prefix": True})
        self._day, self._moment = (make({"num_format": f}) for f in ("yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"))
        heading = make({"bold": True, "bg_color": "#E6E9EC", "border": 1, "num_format": "@"})
        self._sheet = self._book.add_worksheet(_sheet_name(name))
        self._sheet.freeze_panes(1, 0)
        self._sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{MOST_ROWS}"})
        for column, header in enumerate(headers):
            least, most = _WIDTHS
            wide = sum(1 if sign.isascii() else 2 for sign in header) + 4
            self._sheet.set_column(column, column, min(max(wide, least), most))
            self._sheet.write_string(0, column, header, heading)
        about = self._book.add_worksheet(_EXPLAINED)
        about.set_column(0, 0, 24)
        about.set_column(1, 1, 100)
        for row, cells in enumerate(explained):
            for column, cell in enumerate(cells):
                about.write_string(row, column, cell[:LONGEST], self._text)

    @property
    def notices(self) -> list[str]:
        """Whether a text was cut off."""
        if not self._cut:
            return []
        cells = f"有 {self._cut:,} 个单元格超过 Excel 所容的 {LONGEST:,} 个字符"
        return [f"{cells},已截断:全文请导出 .csv 或 .parquet"]

    def write(self, batch: Any) -> None:
        """Add rows.

        Raises:
            RegauditError: a sheet does not hold so many.
        """
        check_rows(self._count + batch.num_rows)
        for cells in _rows(batch):
            self._count += 1
            for column, value in enumerate(cells):
                self._put(column, _plain(value))

    def _put(self, column: int, value: Any) -> None:
        sheet, row = self._sheet, self._count
        match value:
            case None | "":
                return
            case bool():
                sheet.write_boolean(row, column, value)
            case int() | float() | Decimal() if _is_exact(value):
                sheet.write_number(row, column, value)
            case datetime() if value.tzinfo is None and value.date() >= _FIRST_DAY:
                sheet.write_datetime(row, column, value, self._moment)
            case date() if not isinstance(value, datetime) and value >= _FIRST_DAY:
                sheet.write_datetime(row, column, value, self._day)
            case _:
                text = visible(str(value))
                self._cut += len(text) > LONGEST
                form = self._quoted if looks_like_formula(text) else self._text
                sheet.write_string(row, column, text[:LONGEST], form)

    def close(self) -> None:
        """Finish it."""
        self._sheet.autofilter(0, 0, max(self._count, 1), self._width - 1)
        try:
            self._book.close()
        except FileCreateError as error:
            # It stands for what the system said.
            raise error.args[0] from error


def check_rows(rows: int) -> None:
    """Raise where a sheet does not hold so many rows beside its heading.

    Raises:
        RegauditError: it does not; the message tells what to do.
    """
    if rows >= MOST_ROWS:
        raise RegauditError(
            f"结果至少有 {rows:,} 行,Excel 的一张表只容 {MOST_ROWS - 1:,} 行。请导出 .csv 或 .parquet,"
            "或用 --sql 只取一部分(如按登记机构、月份),或先合计"
        )


def _sheet_name(name: str) -> str:
    fit = _UNFIT.sub("_", name)[:_LONGEST_NAME]
    return _UNNAMED if fit.lower() in _NO_SHEETS else fit


def _rows(batch: Any) -> Iterator[tuple[Any, ...]]:
    return zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _plain(value: Any) -> Any:
    """A value as one that a cell can hold: lists joined, structures as JSON, what is no number as a text."""
    match value:
        case list() if all(isinstance(each, str | int | None) for each in value):
            return ";".join("" if each is None else str(each) for each in value)
        case list() | dict():
            return msgspec.json.encode(value, enc_hook=str).decode()
        case bytes():
            return value.hex()
        case time():
            return value.isoformat()
        case float() if not math.isfinite(value):
            return str(value)
        case _:
            return value


def _is_exact(value: float | Decimal) -> bool:
    """Whether a spreadsheet keeps all digits of a number; a fraction is rounded as everywhere."""
    return isinstance(value, float) or abs(value) < _LARGEST


SUFFIXES: Final = (".xlsx", ".csv", ".parquet")
