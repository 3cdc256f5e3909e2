"""Excel workbooks, XLSX and BIFF8 XLS: one table a sheet, cells as text, held whole."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import fastexcel
import polars as pl

from regaudit.base.errors import RefusedFileError
from regaudit.sources.formats.biff import check_xls
from regaudit.sources.formats.packages import check_xlsx
from regaudit.sources.formats.sheets import Sheet, open_sheets
from regaudit.sources.formats.streams import Source
from regaudit.sources.formats.xlsxmarks import first_column, read_book, sheet_marks
from regaudit.sources.tables import OnBytes, Table

_TIME = r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?$"
_NOISE_MS = 10
_NO_DAY = r"^1899-12-3[01] "
"""A cell that holds a time of day only: Excel counts days from there."""


def open_xlsx(source: Source, known: frozenset[str], on_bytes: OnBytes) -> list[Table]:
    """The sheets of an XLSX workbook that are not blank.

    Raises:
        RefusedFileError: it is cut short, damaged, too large when unpacked, or locked by a password.
    """
    content = source.content()
    check_xlsx(content, source.name)
    book = read_book(content, source.name)
    with refusing(source.name):
        sheets = [
            Sheet(
                title,
                cells,
                sheet_marks(book, title),
                partial(first_column, book, title),
                book.counts_from_1904,
            )
            for title, cells in _read(content)
        ]
    return open_sheets(sheets, known, on_bytes)


def open_xls(source: Source, known: frozenset[str], on_bytes: OnBytes) -> list[Table]:
    """The sheets of an XLS workbook (Excel 97–2003) that are not blank.

    Raises:
        RefusedFileError: it is cut short, damaged, or locked by a password.
    """
    content = source.content()
    book = check_xls(content, source.name)
    with refusing(source.name):
        read = list(_read(content))
    if len(read) != len(book.sheets):
        raise _damaged(source.name)
    sheets = [
        Sheet(title, cells, noted.marks, noted.first_column, book.counts_from_1904)
        for (title, cells), noted in zip(read, book.sheets, strict=True)
    ]
    return open_sheets(sheets, known, on_bytes)


def _read(content: bytes) -> Iterator[tuple[str, pl.DataFrame]]:
    """Title and cells of each sheet, hidden ones among them."""
    book = fastexcel.read_excel(content)
    for position, title in enumerate(book.sheet_names):
        sheet = book.load_sheet(position, header_row=None, skip_rows=0, dtypes="string")
        yield title, _with_times_as_shown(sheet.to_polars())


@contextmanager
def refusing(name: str) -> Iterator[None]:
    """While a workbook is read by the library.

    Raises:
        RefusedFileError: it is damaged.
    """
    try:
        yield
    except (fastexcel.FastExcelError, pl.exceptions.PolarsError) as error:
        raise _damaged(name, f"({str(error).splitlines()[0][:120]})") from error
    except BaseException as error:
        # What the reader does not expect in a damaged file makes it panic, which is no Exception.
        if type(error).__name__ == "PanicException":
            raise _damaged(name) from error
        raise


def _damaged(name: str, detail: str = "") -> RefusedFileError:
    return RefusedFileError(f"Excel 文件 {name} 不完整或已损坏{detail}:请在 Excel 中打开并另存,或重新导出")


def _with_times_as_shown(rows: pl.DataFrame) -> pl.DataFrame:
    """Dates without midnight, times of day without a day, seconds without the noise of binary fractions."""
    timed = [name for name in rows.columns if rows[name].str.contains(_TIME).any()]
    return rows.with_columns(_as_shown(pl.col(name)) for name in timed)


def _as_shown(column: pl.Expr) -> pl.Expr:
    is_time = column.str.contains(_TIME)
    at = column.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", strict=False, time_unit="ms")
    seconds = at.dt.round("1s")
    is_noise = ((at - seconds).dt.total_milliseconds().abs() < _NOISE_MS) & column.str.contains(
        ".", literal=True
    )
    text = pl.when(is_noise).then(seconds.dt.strftime("%Y-%m-%d %H:%M:%S")).otherwise(column)
    shown = text.str.replace(_NO_DAY, "").str.strip_suffix(" 00:00:00")
    return pl.when(is_time).then(shown).otherwise(column).alias(column.meta.output_name())
