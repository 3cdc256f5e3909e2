"""Rows of cells as they come → the cells of whole sheets."""

from collections.abc import Iterator
from itertools import zip_longest

import polars as pl

from regaudit.base.errors import RefusedFileError

Cells = list[str | None]
Rows = Iterator[tuple[int, Cells]]
"""Each with the number of its sheet."""
MOST_CELLS = 100_000_000
"""More is no table that can be held: an export with that many cells comes as CSV."""
_MOST_COLUMNS, _MOST_WIDTH = 2_048, 16_384
_MOST_BLANK_ROWS = 3_000_000
SPARSE_CELLS, SPARSE_SHARE = 16_000_000, 20
"""So many cells, of which not one in twenty holds anything, are no export, but take the memory of one."""
_CHUNK = 8_192


def gather(rows: Rows, file_name: str) -> dict[int, pl.DataFrame]:
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


def _frame(page: list[Cells]) -> pl.DataFrame:
    columns = list(zip_longest(*page))
    if not columns:
        # Blank rows count, too: those below keep their numbers.
        return pl.DataFrame({"0": [None] * len(page)}, schema={"0": pl.String})
    return pl.DataFrame(
        {str(n): column for n, column in enumerate(columns)},
        schema_overrides={str(n): pl.String for n in range(len(columns))},
    )
