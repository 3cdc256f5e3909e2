"""The mirror of the event log inside the warehouse, and the staging tables that grow with it.

New events and the staging rows made from them are added in one DuckDB transaction. Staging is a function
of single events, so events already staged never have to be read again.
"""

from collections.abc import Callable, Iterator
from hashlib import sha256

import duckdb
import pyarrow as pa

from regaudit.errors import MirrorMismatchError
from regaudit.eventlog.batches import EVENT_SCHEMA
from regaudit.eventlog.log import EventLog
from regaudit.warehouse.sqlfile import SqlFile

Progress = Callable[[str, int, int], None]

_COLUMNS = "position, originator_id, originator_version, topic, state"
_SETUP = """
CREATE SCHEMA IF NOT EXISTS log;
CREATE SCHEMA IF NOT EXISTS staging;
CREATE TABLE IF NOT EXISTS log.events (
    position BIGINT, originator_id VARCHAR, originator_version BIGINT, topic VARCHAR, state VARCHAR);
CREATE TABLE IF NOT EXISTS log.progress (mirrored BIGINT, staged BIGINT, staging_sha256 VARCHAR);
INSERT INTO log.progress SELECT 0, 0, '' WHERE NOT EXISTS (FROM log.progress);
CREATE OR REPLACE VIEW log.pending AS
    SELECT * FROM log.events WHERE position > (SELECT staged FROM log.progress);
"""


def catch_up(db: duckdb.DuckDBPyConnection, log: EventLog, files: list[SqlFile], progress: Progress) -> int:
    """Copy what the log has gained, stage it, and return the log position reached.

    Raises:
        MirrorMismatchError: the log is shorter than its mirror.
    """
    db.execute(_SETUP)
    staging = [file for file in files if file.layer == "staging"]
    mirrored, _, staged_by = db.execute("FROM log.progress").fetchall()[0]
    position = log.position()
    if position < mirrored:
        raise MirrorMismatchError(
            f"事件日志比镜像短(镜像 {mirrored} 条):日志被截短或被替换。"
            "请保留现场,从备份核对日志;确认日志无误后用 regaudit check --rebuild 重建镜像"
        )
    db.begin()
    try:
        db.register("incoming", _batches(log, mirrored, position, progress))
        db.execute(f"INSERT INTO log.events SELECT {_COLUMNS} FROM incoming")
        db.unregister("incoming")
        _stage(db, staging, fresh=staged_by != _version(staging))
        db.execute(
            "UPDATE log.progress SET mirrored = $position, staged = $position, staging_sha256 = $version",
            {"position": position, "version": _version(staging)},
        )
        db.commit()
    except BaseException:
        db.rollback()
        raise
    return position


def compare(db: duckdb.DuckDBPyConnection, log: EventLog, upto: int, progress: Progress) -> None:
    """Read the whole log again and hold it against its mirror: count and hash.

    Raises:
        MirrorMismatchError: they differ, or positions are missing.
    """
    count, total = 0, 0
    for events in log.read(upto=upto):
        db.register("stored", events)
        rows, hashes = _sum(db, "stored")
        count, total = count + rows, total + hashes
        progress("核对", count, upto)
    if count != upto or (count, total) != _sum(db, "log.events"):
        # No number in the message: a night that fails again for the same reason sends no other mail.
        raise MirrorMismatchError(
            "事件日志与镜像不一致:有记录被改动或删除。"
            "请保留现场,从备份核对日志;确认日志无误后用 regaudit check --rebuild 重建镜像"
        )


def _batches(log: EventLog, after: int, upto: int, progress: Progress) -> pa.RecordBatchReader:
    """The log's new events as one stream, so that DuckDB compresses one batch while the next is read."""

    def batches() -> Iterator[pa.RecordBatch]:
        for events in log.read(after=after, upto=upto):
            yield from events.to_batches()
            progress("镜像", events.column("position")[-1].as_py() - after, upto - after)

    return pa.RecordBatchReader.from_batches(EVENT_SCHEMA, batches())


def _sum(db: duckdb.DuckDBPyConnection, table: str) -> tuple[int, int]:
    count, total = db.execute(f"SELECT count(*), coalesce(sum(hash({_COLUMNS})), 0) FROM {table}").fetchall()[
        0
    ]
    return count, int(total)


def _stage(db: duckdb.DuckDBPyConnection, staging: list[SqlFile], *, fresh: bool) -> None:
    if fresh:
        db.execute("UPDATE log.progress SET staged = 0")
    for file in staging:
        if fresh:
            db.execute(f"DROP TABLE IF EXISTS {file.table}")
            db.execute(f"CREATE TABLE {file.table} AS {file.select}")
        else:
            db.execute(f"INSERT INTO {file.table} {file.select}")


def _version(staging: list[SqlFile]) -> str:
    return sha256("\0".join(f"{file.table}\0{file.select}" for file in staging).encode()).hexdigest()
