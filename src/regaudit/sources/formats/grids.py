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
_MOST_COLUMNS = 2_048
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
    for number, cells in rows:
        while cells and not cells[-1]:
            cells.pop()
        heights[number] = heights.get(number, 0) + 1
        widths[number] = max(widths.get(number, 0), len(cells))
        if widths[number] > _MOST_COLUMNS or heights[number] * widths[number] > MOST_CELLS:
            raise RefusedFileError(
                f"文件 {file_name} 的一张表有 {heights[number]} 行、{widths[number]} 列,过大:"
                "请删除数据以外多余的行列,或另存为 CSV(UTF-8)后再导入"
            )
        page = pending.setdefault(number, [])
        page.append(cells)
        if len(page) == _CHUNK:
            chunks.setdefault(number, []).append(_frame(page))
            page.clear()
    for number, page in pending.items():
        chunks.setdefault(number, []).append(_frame(page))
    return {n: pl.concat(parts, how="diagonal") for n, parts in sorted(chunks.items()) if widths[n]}


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
