"""Batches as quarantine keeps them: counted alike, with what other rows gave and every doubted row."""

import polars as pl
from msgspec.structs import replace

from regaudit.sources.canonical.layouts import Layout
from regaudit.sources.canonical.serials import counted_from_1900
from regaudit.sources.tables import ROW_NO, Batch


def counted_alike(batch: Batch, layout: Layout) -> Batch:
    """A batch of a table that counts days from 1904, its times counted from 1900."""
    moments = {source for name, source in layout.sources() if name in layout.kind.moments}
    present = [name for name in batch.rows.columns if name in moments]
    return replace(batch, rows=counted_from_1900(batch.rows, present))


def as_read(batch: Batch, columns: list[str], filled: pl.DataFrame) -> pl.DataFrame:
    """The rows of a batch as they were read.

    Args:
        batch: as read; its doubted rows that have no cell are added, blank.
        columns: of the result, those that other rows fill included.
        filled: `ROW_NO` and what rows got from others.
    """
    rows = batch.rows
    if batch.doubts:
        below = sorted({doubt.row_no for doubt in batch.doubts} - set(rows[ROW_NO]))
        numbers = pl.Series(ROW_NO, below, dtype=rows.schema[ROW_NO])
        rows = pl.concat([rows, numbers.to_frame()], how="diagonal")
    added = [name for name in columns if name not in rows.columns]
    if found := [name for name in added if name in filled.columns]:
        rows = rows.join(filled.select(ROW_NO, *found), on=ROW_NO, how="left", maintain_order="left")
    return rows.with_columns(pl.lit(None, pl.String).alias(name) for name in added if name not in found)
