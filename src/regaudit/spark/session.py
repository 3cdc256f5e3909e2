"""A session of Spark that computes as the warehouse does."""

from collections.abc import Mapping

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
_FEW_ROWS = {
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}
LOCAL = "local[*]"


def open_session(
    master: str = LOCAL, *, memory: str = "", few_rows: bool = False, more: Mapping[str, str] | None = None
) -> SparkSession:
    """A session, of the one application that a process has.

    Args:
        master: Spark's own address of a cluster; `local[2]` is two threads of this process.
        memory: of the driver, as Spark writes it (`4g`), on one machine all there is; empty is its default.
        few_rows: plan for so few rows that planning is what takes time.
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
    settings |= (_FEW_ROWS if few_rows else {}) | dict(more or {}) | _AS_DUCKDB
    builder = SparkSession.builder.appName("regaudit").master(master)
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()
