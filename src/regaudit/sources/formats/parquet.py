"""Parquet of any column types, read as text."""

from collections.abc import Iterator
from contextlib import contextmanager

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pa_parquet

from regaudit.base.errors import RefusedFileError
from regaudit.sources.formats.streams import Source, random_access
from regaudit.sources.tables import BATCH_ROWS, Batch, OnBytes, Table, numbered

_EXACT = 2**53
"""Up to here a float holds every whole number."""


def open_parquet(source: Source, on_bytes: OnBytes) -> Table:
    """A Parquet file as a table.

    Raises:
        RefusedFileError: now or when read: the file is cut short or damaged, or holds bytes that are no text.
    """
    with _refusing(source.name), random_access(source) as stream:
        columns = list(pa_parquet.ParquetFile(stream).schema_arrow.names)
    if len(set(columns)) < len(columns):
        raise RefusedFileError(f"Parquet 文件 {source.name} 有重复的列名:请改名后重新导出")

    def batches() -> Iterator[Batch]:
        row_no = 1
        with _refusing(source.name), random_access(source) as stream:
            for batch in pa_parquet.ParquetFile(stream).iter_batches(batch_size=BATCH_ROWS):
                on_bytes(batch.nbytes)
                batch.validate(full=True)  # the format trusts texts to be UTF-8
                frame = _as_text(pl.DataFrame(pl.from_arrow(batch)))
                yield Batch(numbered(frame, row_no), [])
                row_no += frame.height

    return Table(columns, batches, title=source.stem)


@contextmanager
def _refusing(name: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, pl.exceptions.PolarsError, OSError, ValueError) as error:
        raise RefusedFileError(f"Parquet 文件 {name} 不完整或已损坏:请重新导出") from error


def _as_text(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(_column(name, dtype) for name, dtype in frame.schema.items())


def _column(name: str, dtype: pl.DataType) -> pl.Expr:
    if dtype.is_nested():
        return pl.struct(name).struct.json_encode().alias(name)
    return _whole_numbers(pl.col(name)) if dtype.is_float() else pl.col(name).cast(pl.String)


def _whole_numbers(column: pl.Expr) -> pl.Expr:
    """Floats as text; 150602.0, as tools write whole numbers beside blanks, is `150602`."""
    is_whole = (column == column.round()) & (column.abs() <= _EXACT)
    return (
        pl.when(is_whole)
        .then(column.cast(pl.Int64, strict=False).cast(pl.String))
        .otherwise(column.cast(pl.String))
    )
