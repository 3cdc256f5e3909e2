"""A session of Spark that computes as the warehouse does."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pyspark.sql import SparkSession

_AS_DUCKDB = {
    # What cannot be cast or is out of bounds is an error, and no null.
    "spark.sql.ansi.enabled": "true",
    "spark.sql.legacy.sizeOfNull": "false",
    # Times are of the wall clock: without a zone in tables, and counted from an epoch in UTC.
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    # A recursion ends where it finds no more, however long that is.
    "spark.sql.cteRecursionLevelLimit": "-1",
    "spark.sql.cteRecursionRowLimit": "-1",
}
# What pays with many rows alone: code made for each table, tasks side by side, a plan that is made anew.
_FEW_ROWS = {
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}
LOCAL = "local[*]"


def open_session(
    master: str = LOCAL, *, memory: str = "", more: Mapping[str, str] | None = None
) -> SparkSession:
    """A session, of the one application that a process has.

    Args:
        master: Spark's own address of a cluster; `local[2]` is two threads of this process.
        memory: of the driver, as Spark writes it (`4g`), on one machine all there is; empty is its default.
        more: further settings of Spark, by their names there.
    """
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
    }
    if master.startswith("local"):
        settings |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    if memory:
        settings["spark.driver.memory"] = memory
    settings |= dict(more or {}) | _AS_DUCKDB
    builder = SparkSession.builder.appName("regaudit").master(master)
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


@contextmanager
def few_rows(spark: SparkSession) -> Iterator[None]:
    """Plan for so few rows that planning is what takes time."""
    before = {name: spark.conf.get(name) for name in _FEW_ROWS}
    _set(spark, _FEW_ROWS)
    try:
        yield
    finally:
        _set(spark, before)


def _set(spark: SparkSession, settings: Mapping[str, str | None]) -> None:
    for name, value in settings.items():
        if value is not None:
            spark.conf.set(name, value)
