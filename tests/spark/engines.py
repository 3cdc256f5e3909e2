"""One log, built by DuckDB and on Spark: which rows of which tables the two do not share."""

from collections import Counter
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from both_engines import compared
from pyspark.sql import SparkSession
from rule_world import Given, built

from regaudit.audit.inputs import load_inputs
from regaudit.base.progress import no_progress
from regaudit.base.typed_times import parse_as_of
from regaudit.eventlog.log import EventLog
from regaudit.spark.build import build
from regaudit.spark.session import few_rows

Difference = tuple["Counter[str]", "Counter[str]"]
NOW = datetime(2026, 3, 31, 22)


def differing(spark: SparkSession, home: Path, given: Given) -> tuple[dict[str, Difference], dict[str, int]]:
    """Rows that DuckDB alone has and that Spark alone has, by table; and how many rows each table has."""
    differ: dict[str, Difference] = {}
    rows: dict[str, int] = {}
    with built(home, given) as db, EventLog(home) as log:
        events = pa.concat_tables(page.drop(["leaf"]) for page in log.read_held(after=0, upto=log.position()))
        pq.write_table(events, home / "events.parquet")
        with few_rows(spark):
            made = build(
                spark,
                spark.read.parquet(str(home / "events.parquet")),
                load_inputs(home),
                as_of=parse_as_of(given.as_of, NOW),
                folder=str(home / "spark"),
                is_small=True,
                progress=no_progress,
            )
        for table, folder in made.tables.items():
            ours, theirs = _rows(db, table), _rows(db, f"read_parquet('{folder}/*.parquet')", table)
            rows[table] = ours.total()
            if ours != theirs:
                differ[table] = (ours - theirs, theirs - ours)
    return differ, rows


def _rows(db: duckdb.DuckDBPyConnection, source: str, table: str = "") -> "Counter[str]":
    """Rows as texts."""
    kinds = db.execute(f"DESCRIBE {table or source}").fetchall()
    columns = ", ".join(compared(name, kind) for name, kind, *_ in kinds)
    return Counter(map(repr, db.execute(f"SELECT {columns} FROM {source}").fetchall()))
