"""The last row of a text file that does not end with its line: whole, or cut off in its last cell.

Many an exporter writes no line end behind the last row, so that alone proves nothing. But a cell that others
of its column show to be the beginning of a longer one is no cell to import: `2026-03-2` is not 2 March.
"""

from collections.abc import Iterable, Iterator

import polars as pl

from regaudit.sources.tables import ROW_NO, Batch, Malformed

_IS_TIME = r"^\d{4}[-/.年]\d"
_INSIDE_A_TIME = r"[-/.]0\d[-/.]\d$|:\d?$"
_LEAST_OTHERS = 10


def without_cut_row(batches: Iterable[Batch], columns: list[str], delimiter: str) -> Iterator[Batch]:
    """The batches of a file without a line end at its end: a last row that was cut off is malformed.

    Args:
        batches: of the whole file.
        columns: of the table; the last one's cell is what the file ends with.
        delimiter: between the cells.
    """
    last, before = None, pl.Series(dtype=pl.String)
    for batch in batches:
        if last is not None:
            before = last.rows[columns[-1]] if last.rows.height else before
            yield last
        last = batch
    if last is not None:
        yield _judged(last, before, columns, delimiter)


def _judged(batch: Batch, before: pl.Series, columns: list[str], delimiter: str) -> Batch:
    rows, malformed = batch.rows, batch.malformed
    last_row = rows[ROW_NO][-1] if rows.height else 0
    if malformed and malformed[-1].row_no > last_row:
        bad = malformed[-1]
        reason = f"{bad.reason};文件末尾没有换行,似乎在此被截断,请核对原文或重新导出"
        return Batch(rows, [*malformed[:-1], Malformed(bad.row_no, reason, bad.text)])
    if not rows.height:
        return batch
    cells = rows[columns[-1]]
    if not _is_cut(cells[-1] or "", pl.concat([before, cells[:-1]])):
        return batch
    text = delimiter.join(cell or "" for cell in rows.select(columns).row(-1))
    reason = "文件末尾没有换行,最后一格似乎被截断,请核对原文或重新导出"
    return Batch(rows[:-1], [*malformed, Malformed(last_row, reason, text)])


def _is_cut(cell: str, others: pl.Series) -> bool:
    """Whether a cell is the beginning of one that looks as others of its column do."""
    filled = others.drop_nulls()
    filled = filled.filter(filled != "")
    if not cell:
        return False
    if not pl.Series([cell]).str.contains(_IS_TIME).item():
        # Codes of one width: offices, units, print numbers.
        width = filled.str.len_chars()
        return len(filled) >= _LEAST_OTHERS and width.n_unique() == 1 and len(cell) < width[0]
    shape, shapes = _shapes(pl.Series([cell])).item(), _shapes(filled).unique()
    longer = shapes.filter(shapes.str.starts_with(shape) & (shapes != shape))
    # `2026/3/1` may be whole where others are written so, but not where it may as well be the 11th.
    goes_on = longer.str.slice(len(shape), 1) == "9"
    is_inside = pl.Series([cell]).str.contains(_INSIDE_A_TIME).item()
    return bool(is_inside or goes_on.any() or (len(longer) and not shapes.is_in([shape]).any()))


def _shapes(cells: pl.Series) -> pl.Series:
    """Cells with every digit a 9: `9999-99-99`."""
    return cells.str.replace_all(r"\d", "9")
