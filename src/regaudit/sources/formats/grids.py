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
_MOST_COLUMNS = 2_048
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


def _frame(page: list[Cells]) -> pl.DataFrame:
    columns = list(zip_longest(*page))
    if not columns:
        # Blank rows count, too: those below keep their numbers.
        return pl.DataFrame({"0": [None] * len(page)}, schema={"0": pl.String})
    return pl.DataFrame(
        {str(n): column for n, column in enumerate(columns)},
        schema_overrides={str(n): pl.String for n in range(len(columns))},
    )
