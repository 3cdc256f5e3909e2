"""Parquet of any column types, read as text."""

from collections.abc import Iterator
from contextlib import contextmanager

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pa_parquet

from regaudit.base.errors import RefusedFileError
from regaudit.sources.formats.streams import Source, random_access
from regaudit.sources.tables import BATCH_ROWS, Batch, OnBytes, Table, numbered

_BATCH_BYTES, _LONGEST_CELL = 64 << 20, 16 << 20
_EXACT = 2**53
"""Up to here a float holds every whole number."""


def open_parquet(source: Source, on_bytes: OnBytes) -> Table:
    """A Parquet file as a table.

    Raises:
        RefusedFileError: now or when read: the file is cut short or damaged, or holds bytes that are no text.
    """
    with _refusing(source.name), random_access(source) as stream:
        schema = pa_parquet.ParquetFile(stream).schema_arrow
    columns = list(schema.names)
    texts = [field.name for field in schema if pa.types.is_string(field.type)]
    if len(set(columns)) < len(columns):
        raise RefusedFileError(f"Parquet 文件 {source.name} 有重复的列名:请改名后重新导出")

    def batches() -> Iterator[Batch]:
        row_no = 1
        with _refusing(source.name), random_access(source) as stream:
            # A text that stands once in the file for a million rows is held once, until rows are made of it.
            file = pa_parquet.ParquetFile(stream, read_dictionary=texts)
            for batch in file.iter_batches(batch_size=_batch_rows(file.metadata)):
                on_bytes(batch.nbytes)
                batch.validate(full=True)  # the format trusts texts to be UTF-8
                size = _slice_rows(batch, source.name)
                for first in range(0, batch.num_rows, size):
                    frame = _as_text(pl.DataFrame(pl.from_arrow(_decoded(batch.slice(first, size)))))
                    yield Batch(numbered(frame, row_no), [])
                    row_no += frame.height

    return Table(columns, batches, title=source.stem)


def _batch_rows(metadata: pa_parquet.FileMetaData) -> int:
    """So many rows that they take little memory, by what the file says that they take unpacked."""
    groups = [metadata.row_group(n) for n in range(metadata.num_row_groups)]
    widest = max((group.total_byte_size // max(group.num_rows, 1) for group in groups), default=0)
    return max(1, min(BATCH_ROWS, _BATCH_BYTES // max(widest, 1)))


def _slice_rows(batch: pa.RecordBatch, name: str) -> int:
    longest = [
        pc.max(pc.binary_length(column.dictionary)).as_py() or 0
        for column in batch.columns
        if pa.types.is_dictionary(column.type) and len(column.dictionary)
    ]
    if max(longest, default=0) > _LONGEST_CELL:
        raise RefusedFileError(
            f"Parquet 文件 {name} 的一个单元格超过 {_LONGEST_CELL >> 20} MB:请检查是否选错文件,或重新导出"
        )
    return max(1, min(BATCH_ROWS, _BATCH_BYTES // max(sum(longest), 1)))


def _decoded(batch: pa.RecordBatch) -> pa.RecordBatch:
    columns = [
        column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
        for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


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
