"""Sheets of cells, held whole, → tables under their headers, those that go on without one included."""

from collections.abc import Callable, Iterator

import polars as pl
from msgspec import Struct
from msgspec.structs import replace

from regaudit.sources.formats.continuations import goes_on, has_header
from regaudit.sources.formats.footers import LAST_ROWS, find_footers
from regaudit.sources.formats.headers import SAMPLE_ROWS, Header, find_header, unique_names, without_repeats
from regaudit.sources.formats.marks import NO_VALUE, Marks, settled
from regaudit.sources.tables import (
    BATCH_ROWS,
    BLANK_SHEET,
    ROW_NO,
    Batch,
    Doubt,
    Footer,
    OnBytes,
    Table,
    left_out,
    numbered,
)


class Sheet(Struct, frozen=True):
    """A sheet as it was read: what it calls itself, all rows as text, blank ones included, and its marks.

    The cells begin in the sheet's column `first_column()`, which is asked only where it matters; the marks
    count as the sheet does.
    """

    title: str
    cells: pl.DataFrame
    marks: Marks
    first_column: Callable[[], int] = int
    counts_from_1904: bool = False


class _Body(Struct, frozen=True):
    """The rows below a header, with their numbers; doubts (column → row → reason) and footers apart."""

    rows: pl.DataFrame
    doubts: dict[int, dict[int, str]]
    footers: list[Footer]


class _Opened(Struct, frozen=True):
    """A sheet that became a table: the rows below its header, and the header that they are under."""

    sheet: Sheet
    header: Header
    rows: pl.DataFrame
    table: Table


def open_sheets(sheets: list[Sheet], known: frozenset[str], on_bytes: OnBytes) -> list[Table]:
    """The tables of a file's sheets, in order, named by their titles; blank ones are without columns.

    Args:
        sheets: in their order.
        known: names that help to find the headers.
        on_bytes: hears of the size of what is read.

    Raises:
        RefusedFileError: more is merged than can be meant.
    """
    tables: list[Table] = []
    last: _Opened | None = None
    for sheet in sheets:
        marks = sheet.marks.shifted(sheet.first_column()) if sheet.marks else sheet.marks
        placed = replace(sheet, cells=marks.over(sheet.cells), marks=marks)
        header = find_header(placed.cells.head(SAMPLE_ROWS).rows(), known)
        if header is None:
            reason = NO_VALUE if any(marks.doubts().values()) else BLANK_SHEET
            tables.append(left_out(sheet.title, sheet.title, reason))
            continue
        last = (last and _continued(last, placed, known, on_bytes)) or _under(header, placed, on_bytes)
        tables.append(last.table)
    return tables


def _under(header: Header, sheet: Sheet, on_bytes: OnBytes) -> _Opened:
    """A sheet under its own header, at its width."""
    body = _body(sheet, header)
    data = body.rows.drop(ROW_NO)
    blank = [count == data.height for count in data.null_count().row(0)]
    filled = [n for n, is_blank in enumerate(blank, start=1) if not is_blank]
    named = [n for n, column in enumerate(zip(*header.rows, strict=True), start=1) if any(column)]
    width = max([*named, *filled])
    columns = unique_names([*header.columns[:width], *[""] * (width - len(header.columns))])
    table = Table(
        columns,
        _batches(body, columns, header, on_bytes),
        sheet.title,
        sheet.title,
        counts_from_1904=sheet.counts_from_1904,
    )
    return _Opened(sheet, header, data[:, : len(columns)], table)


def _continued(last: _Opened, sheet: Sheet, known: frozenset[str], on_bytes: OnBytes) -> _Opened | None:
    """A sheet without a header under that of the sheet before it; `None` where it does not go on there."""
    columns = last.table.columns
    if has_header(sheet.cells, columns, known):
        return None
    # Where the first columns of a sheet are blank from end to end, it begins further to the right.
    ahead = sheet.first_column() - last.sheet.first_column()
    if ahead:
        blank = [pl.lit(None, pl.String).alias(f"\0{n}") for n in range(ahead)]
        cells, marks = sheet.cells.select(*blank, pl.all()), sheet.marks.shifted(-ahead)
        sheet = replace(sheet, cells=cells, marks=marks, first_column=last.sheet.first_column)
    if ahead < 0 or not goes_on(last.rows, sheet.cells):
        return None
    header = replace(last.header, top=-1, bottom=-1)
    beyond = range(sheet.cells.width, len(columns))
    blank = [pl.lit(None, pl.String).alias(f"\0\0{n}") for n in beyond]
    sheet = replace(sheet, cells=sheet.cells.with_columns(blank))
    body = _body(sheet, header)
    table = replace(
        last.table,
        read=_batches(body, columns, header, on_bytes),
        name=sheet.title,
        continues=last.table.name,
    )
    return _Opened(sheet, header, body.rows.drop(ROW_NO)[:, : len(columns)], table)


def _body(sheet: Sheet, header: Header) -> _Body:
    """The rows below a header, with their numbers in the sheet."""
    first = header.bottom + 1
    cells, doubts = sheet.cells, dict[int, dict[int, str]]()
    if sheet.marks:
        named = {n for n, column in enumerate(zip(*header.rows, strict=True)) if any(column)}
        cells, doubts = settled(cells, sheet.marks, first, named)
    rows = numbered(cells.slice(first), first + 1)
    below = rows.tail(LAST_ROWS).rows()
    places = find_footers([row[1:] for row in below])
    footers = [Footer(below[at][0], " ".join(filter(None, below[at][1:]))) for at in sorted(places)]
    gone = [footer.row_no for footer in footers]
    return _Body(rows.filter(~pl.col(ROW_NO).is_in(gone)) if gone else rows, doubts, footers)


def _batches(
    body: _Body, columns: list[str], header: Header, on_bytes: OnBytes
) -> Callable[[], Iterator[Batch]]:
    beyond = range(body.rows.width - 1 - len(columns))
    body.rows.columns = [ROW_NO, *columns, *(f"\0{n}" for n in beyond)]
    rows = body.rows.select(ROW_NO, *columns)
    footers = body.footers
    below = {footer.row_no for footer in footers}
    told = sorted(
        (
            Doubt(row + 1, columns[column], reason)
            for column, of_rows in body.doubts.items()
            if column < len(columns)
            for row, reason in of_rows.items()
            if row + 1 not in below
        ),
        key=lambda doubt: doubt.row_no,
    )

    def batches() -> Iterator[Batch]:
        left = iter(told)
        ahead = next(left, None)
        for first in range(0, max(rows.height, bool(told or footers)), BATCH_ROWS):
            page = rows.slice(first, BATCH_ROWS)
            on_bytes(int(page.estimated_size()))
            is_last = first + BATCH_ROWS >= rows.height
            of_page: list[Doubt] = []
            while ahead is not None and (is_last or ahead.row_no <= page[ROW_NO][-1]):
                of_page.append(ahead)
                ahead = next(left, None)
            yield Batch(without_repeats(page, header), [], of_page, footers if is_last else [])

    return batches
