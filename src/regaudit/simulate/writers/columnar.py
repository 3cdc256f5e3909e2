"""JSON Lines and Parquet."""

from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from regaudit.simulate.rows import StepLog
from regaudit.simulate.writers.cells import TIMES, as_moment, times_as


def write_json_lines(log: StepLog, path: Path) -> None:
    """JSON Lines; times with their offset, dates alone without."""
    with path.open("wb") as file:
        for rows in log.pages():
            times_as(rows, "%Y-%m-%dT%H:%M:%S+08:00", "%Y-%m-%d").write_ndjson(file)


def write_parquet(log: StepLog, path: Path) -> None:
    """Parquet; times as timestamps, in which a date alone is its midnight."""
    writer: pq.ParquetWriter | None = None
    try:
        for rows in log.pages():
            table = rows.with_columns(as_moment(pl.col(name)) for name in TIMES).to_arrow()
            writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
            writer.write_table(table)
    finally:
        if writer:
            writer.close()
