"""The mirror of the event log inside the warehouse, and the staging tables that grow with it.

New events and the staging rows made from them are added in one DuckDB transaction, with digests of the
blocks that they make. Staging is a function of single events, so events already staged never have to be read
again; the log is held against the digests.
"""

from collections.abc import Iterator
from hashlib import sha256

import duckdb
import pyarrow as pa
from msgspec import structs

from regaudit.base.errors import MirrorMismatchError
from regaudit.base.folded_text import FOLDED_BY
from regaudit.base.progress import Progress
from regaudit.catalogue.sqlfile import SqlFile
from regaudit.eventlog.batches import EVENT_SCHEMA
from regaudit.eventlog.blocks import Block, block_of
from regaudit.eventlog.log import EventLog
from regaudit.warehouse.transaction import transaction
from regaudit.warehouse.writings import FORGET, SETUP, note_case_numbers, note_texts

_COLUMNS = "position, originator_id, originator_version, topic, state"
# No number in the message: a night that fails again for the same reason sends no other mail.
_DIFFERS = (
    "事件日志与镜像不一致:有记录被改动或删除。"
    "请保留现场,从备份核对日志;确认日志无误后用 regaudit check --rebuild 重建镜像"
)
_SETUP = """
CREATE SCHEMA IF NOT EXISTS log;
CREATE SCHEMA IF NOT EXISTS staging;
CREATE TABLE IF NOT EXISTS log.events (
    position BIGINT, originator_id VARCHAR, originator_version BIGINT, topic VARCHAR, state VARCHAR);
CREATE TABLE IF NOT EXISTS log.progress (mirrored BIGINT, staged BIGINT, staging_sha256 VARCHAR);
INSERT INTO log.progress SELECT 0, 0, '' WHERE NOT EXISTS (FROM log.progress);
CREATE TABLE IF NOT EXISTS log.blocks (first BIGINT, last BIGINT, digest VARCHAR);
CREATE OR REPLACE VIEW log.pending AS
    SELECT * FROM log.events WHERE position > (SELECT staged FROM log.progress);
"""


def catch_up(db: duckdb.DuckDBPyConnection, log: EventLog, files: list[SqlFile], progress: Progress) -> int:
    """Copy what the log has gained, stage it, and return the log position reached."""
    db.execute(_SETUP + SETUP)
    blocks: list[Block] = []
    staging = [file for file in files if file.layer == "staging"]
    mirrored, _, staged_by = db.execute("FROM log.progress").fetchall()[0]
    position = log.position()
    with transaction(db):
        db.register("incoming", _batches(log, mirrored, position, progress, blocks))
        db.execute(f"INSERT INTO log.events SELECT {_COLUMNS} FROM incoming")
        db.unregister("incoming")
        _keep(db, blocks)
        _stage(db, staging, fresh=staged_by != _version(staging))
        db.execute(
            "UPDATE log.progress SET mirrored = $position, staged = $position, staging_sha256 = $version",
            {"position": position, "version": _version(staging)},
        )
    return position


def kept_blocks(db: duckdb.DuckDBPyConnection) -> list[Block]:
    """The blocks that the mirror was filled with."""
    return [Block(*row) for row in db.execute("FROM log.blocks ORDER BY first").fetchall()]


def compare(blocks: list[Block], log: EventLog, upto: int, progress: Progress) -> None:
    """Read the whole log again and hold it against the blocks that were mirrored: count and hash.

    Raises:
        MirrorMismatchError: they differ, or positions are missing.
    """
    last = 0
    for block, digest in zip(blocks, log.digests(blocks), strict=True):
        if block.first != last + 1 or block.digest != digest:
            raise MirrorMismatchError(_DIFFERS)
        last = block.last
        progress("核对", last, upto)
    if last != upto:
        raise MirrorMismatchError(_DIFFERS)


def _batches(
    log: EventLog, after: int, upto: int, progress: Progress, blocks: list[Block]
) -> pa.RecordBatchReader:
    """The log's new events as one stream, so that DuckDB compresses one batch while the next is read.

    `blocks` gains a block for each batch.
    """

    def batches() -> Iterator[pa.RecordBatch]:
        for events in log.read(after=after, upto=upto):
            for batch in events.to_batches():
                blocks.append(block_of(batch))
                yield batch
            progress("镜像", events.column("position")[-1].as_py() - after, upto - after)

    return pa.RecordBatchReader.from_batches(EVENT_SCHEMA, batches())


def _keep(db: duckdb.DuckDBPyConnection, blocks: list[Block]) -> None:
    if blocks:
        frame = pa.Table.from_pylist([structs.asdict(block) for block in blocks])
        db.register("incoming", frame)
        db.execute("INSERT INTO log.blocks SELECT first, last, digest FROM incoming")
        db.unregister("incoming")


def _stage(db: duckdb.DuckDBPyConnection, staging: list[SqlFile], *, fresh: bool) -> None:
    if fresh:
        db.execute("UPDATE log.progress SET staged = 0")
        db.execute(FORGET)
    note_case_numbers(db)
    for file in staging:
        if fresh:
            db.execute(f"DROP TABLE IF EXISTS {file.table}")
            db.execute(f"CREATE TABLE {file.table} AS {file.select}")
        else:
            db.execute(f"INSERT INTO {file.table} {file.select}")
    note_texts(db)


def _version(staging: list[SqlFile]) -> str:
    parts = [FOLDED_BY, *(f"{file.table}\0{file.select}" for file in staging)]
    return sha256("\0".join(parts).encode()).hexdigest()
