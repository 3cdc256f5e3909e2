"""Sheets of cells, held whole, → tables under their headers."""

from collections.abc import Iterable, Iterator
from itertools import zip_longest

import polars as pl

from regaudit.base.errors import RefusedFileError
from regaudit.sources.formats.headers import SAMPLE_ROWS, find_header, unique_names, without_repeats
from regaudit.sources.tables import BATCH_ROWS, Batch, OnBytes, Table, numbered

Cells = list[str | None]
MOST_CELLS = 100_000_000
"""More is no table that can be held: an export with that many cells comes as CSV."""
_MOST_COLUMNS, _MOST_WIDTH = 2_048, 16_384
_MOST_BLANK_ROWS = 3_000_000
SPARSE_CELLS, SPARSE_SHARE = 16_000_000, 20
"""So many cells, of which not one in twenty holds anything, are no export, but take the memory of one."""
_CHUNK = 8_192


def gather(rows: Iterable[tuple[int, Cells]], file_name: str) -> dict[int, pl.DataFrame]:
    """The cells of several sheets, from rows that come with the number of their sheet.

    Returns:
        Number → text columns as wide as the widest row, null where a row is shorter; sheets without any
        cell are left out.

    Raises:
        RefusedFileError: a sheet has more columns or cells than any export.
    """
    chunks: dict[int, list[pl.DataFrame]] = {}
    pending: dict[int, list[Cells]] = {}
    heights: dict[int, int] = {}
    widths: dict[int, int] = {}
    filled = blank_rows = 0
    for number, cells in rows:
        while cells and not cells[-1]:
            cells.pop()
        filled += len(cells) - cells.count(None)
        blank_rows += not cells
        heights[number] = heights.get(number, 0) + 1
        widths[number] = max(widths.get(number, 0), len(cells))
        area = heights[number] * widths[number]
        is_sparse = area > SPARSE_CELLS and filled * SPARSE_SHARE < area
        if widths[number] > _MOST_COLUMNS or area > MOST_CELLS or is_sparse or blank_rows > _MOST_BLANK_ROWS:
            raise too_large(file_name, heights[number], widths[number])
        page = pending.setdefault(number, [])
        page.append(cells)
        if len(page) == _CHUNK:
            chunks.setdefault(number, []).append(_frame(page))
            page.clear()
    for number, page in pending.items():
        chunks.setdefault(number, []).append(_frame(page))
    return {n: pl.concat(parts, how="diagonal") for n, parts in sorted(chunks.items()) if widths[n]}


def too_large(file_name: str, rows: int, columns: int) -> RefusedFileError:
    """What is told of a sheet of more rows and columns than can be meant."""
    return RefusedFileError(
        f"文件 {file_name} 的一张表有 {rows} 行、{columns} 列,过大:"
        "请删除数据以外多余的行列(包括远处的单元格和合并),或另存为 CSV(UTF-8)后再导入"
    )


def widen(row: Cells, blanks: int, file_name: str, row_no: int) -> None:
    """Add blank cells to a row, as spans and numbered cells ask for.

    Raises:
        RefusedFileError: it gets wider than any sheet.
    """
    if len(row) + blanks > _MOST_WIDTH:
        raise too_large(file_name, row_no, len(row) + blanks)
    row += [None] * blanks


def open_cells(cells: pl.DataFrame, known: frozenset[str], on_bytes: OnBytes) -> Table | None:
    """A sheet as a table without a name.

    Args:
        cells: all rows of the sheet as text, title rows and blank ones included.
        known: names that help to find the header.
        on_bytes: hears of the size of what is read.

    Returns:
        The table; `None` when all rows are blank.
    """
    header = find_header(cells.head(SAMPLE_ROWS).rows(), known)
    if header is None:
        return None
    rows = cells.slice(header.bottom + 1)
    blank = [count == rows.height for count in rows.null_count().row(0)]
    filled = [n for n, is_blank in enumerate(blank, start=1) if not is_blank]
    named = [n for n, column in enumerate(zip(*header.rows, strict=True), start=1) if any(column)]
    width = max([*named, *filled])
    columns = unique_names([*header.columns[:width], *[""] * (width - len(header.columns))])
    rows.columns = [*columns, *(f"\0{n}" for n in range(rows.width - width))]
    rows = rows.select(columns)

    def batches() -> Iterator[Batch]:
        for first in range(0, rows.height, BATCH_ROWS):
            page = rows.slice(first, BATCH_ROWS)
            on_bytes(int(page.estimated_size()))
            yield Batch(without_repeats(numbered(page, header.bottom + 2 + first), header), [])

    return Table(columns, batches)


def _frame(page: list[Cells]) -> pl.DataFrame:
    columns = list(zip_longest(*page))
    if not columns:
        # Blank rows count, too: those below keep their numbers.
        return pl.DataFrame({"0": [None] * len(page)}, schema={"0": pl.String})
    return pl.DataFrame(
        {str(n): column for n, column in enumerate(columns)},
        schema_overrides={str(n): pl.String for n in range(len(columns))},
    )
