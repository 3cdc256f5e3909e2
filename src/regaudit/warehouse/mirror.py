"""What the warehouse remembers of the event log, and the staging tables that grow with it.

New events are unpacked into staging as they come, some at a time, and not kept: of each the warehouse
remembers where it stands and how its leaf begins, of each block of them a digest. A transaction adds some
pieces, and how far it came with them. Staging is a function of single events, so those already staged are
read again only where what unpacks them has changed; the log is held against the digests.
"""

import re
from bisect import bisect
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from hashlib import sha256
from itertools import chain, islice, takewhile
from typing import Protocol

import duckdb
import pyarrow as pa
from msgspec import structs

from regaudit.base.errors import MirrorMismatchError
from regaudit.base.folded_text import FOLDED_BY
from regaudit.base.prefetch import Ahead
from regaudit.base.progress import Progress
from regaudit.catalogue.sqlfile import SqlFile
from regaudit.eventlog.batches import LEAFED_SCHEMA, short_leaves
from regaudit.eventlog.blocks import Block, block_of
from regaudit.eventlog.log import EventLog
from regaudit.warehouse.transaction import transaction
from regaudit.warehouse.writings import FORGET, SETUP, note_case_numbers, note_folds, note_logins

FORM = 2
"""Counts up when what the warehouse remembers of events changes its form."""
# Few enough events for the memory, and enough that the number of statements costs nothing.
_STAGED_ROWS = 200_000
# In one transaction: what it has of a row in memory, beside what counts as its tables', it has until it ends.
_PIECES = 5
_OF_TOPICS = re.compile(r"\bfrom log\.pending\s+where topic (= '[\w-]+'|in \([^)]*\))(?!\s+or\b)")
_TOPIC = re.compile(r"'([\w-]+)'")
# No number in the message: a night that fails again for the same reason sends no other mail.
_DIFFERS = (
    "事件日志与镜像不一致:有记录被改动或删除。"
    "请保留现场,从备份核对日志;确认日志无误后用 regaudit check --rebuild 重建镜像"
)
_SETUP = """
CREATE SCHEMA IF NOT EXISTS log;
CREATE SCHEMA IF NOT EXISTS staging;
CREATE TABLE IF NOT EXISTS log.events (
    position BIGINT, originator_id VARCHAR, originator_version BIGINT, topic VARCHAR, leaf BIGINT);
CREATE TABLE IF NOT EXISTS log.progress (
    mirrored BIGINT, staged BIGINT, staging_sha256 VARCHAR, form INTEGER);
CREATE TABLE IF NOT EXISTS log.blocks (first BIGINT, last BIGINT, digest VARCHAR);
CREATE TABLE IF NOT EXISTS log.stretches (first BIGINT, last BIGINT, digest VARCHAR);
"""
_BEGIN = "INSERT INTO log.progress SELECT 0, 0, '', ? WHERE NOT EXISTS (FROM log.progress)"
_PENDING = """
CREATE OR REPLACE VIEW log.pending AS
    SELECT position, originator_id, originator_version, topic, state FROM arriving
"""
_REACHED = "UPDATE log.progress SET mirrored = greatest(mirrored, $position), staged = $position"
_REMEMBER = (
    "INSERT INTO log.events SELECT position, originator_id, originator_version, topic, leaf FROM arriving"
)


class Mirrored(Protocol):
    """What is mirrored: a log, wherever its events lie."""

    def position(self) -> int:
        """The last position."""

    def read_held(self, *, after: int, upto: int) -> Iterator[pa.Table]:
        """Events with `after` < position ≤ `upto`, as `batches.LEAFED_SCHEMA` and as they were signed."""

    def read_streams(self, ids: Iterable[str]) -> Iterator[pa.Table]:
        """All events of the given streams, as `batches.EVENT_SCHEMA`."""


def catch_up(db: duckdb.DuckDBPyConnection, log: Mirrored, files: list[SqlFile], progress: Progress) -> int:
    """Stage and remember what the log has gained, and return the log position reached."""
    staging = begin(db, files)
    version, position = _version(staging), log.position()
    with transaction(db):
        if db.execute("SELECT staging_sha256 FROM log.progress").fetchall() != [(version,)]:
            unstage(db, staging)
            db.execute("UPDATE log.progress SET staging_sha256 = ?", [version])
    mirrored, staged = db.execute("SELECT mirrored, staged FROM log.progress").fetchall()[0]
    # What is remembered stays as it was: where the log reads otherwise now, the comparison says so.
    again = _pieces(log, staged, min(mirrored, position))
    pieces = iter(Ahead(chain(again, _pieces(log, mirrored, position))))
    for first in pieces:
        with transaction(db):
            for piece, blocks in chain([first], islice(pieces, _PIECES - 1)):
                arrived = set(piece.column("topic").unique().to_pylist())
                with _arriving(db, piece):
                    note_case_numbers(db, log, position)
                    for file in staging:
                        if (topics := topics_of(file)) is None or topics & arrived:
                            db.execute(f"INSERT INTO {file.table} {file.select}")
                    if blocks[0].first > mirrored:
                        db.execute(_REMEMBER)
                        _keep(db, "log.blocks", blocks)
                progress("镜像", blocks[-1].last - staged, position - staged)
            note_folds(db)
            db.execute(_REACHED, {"position": blocks[-1].last})
    with transaction(db):
        note_logins(db)
    return position


def begin(db: duckdb.DuckDBPyConnection, files: list[SqlFile]) -> list[SqlFile]:
    """Make what is remembered of events, where it is not there; returns the files that unpack them."""
    db.execute(_SETUP + SETUP)
    db.execute(_BEGIN, [FORM])
    return [file for file in files if file.layer == "staging"]


def has_this_form(db: duckdb.DuckDBPyConnection) -> bool:
    """Whether a warehouse remembers events in the form that this program writes."""
    columns = "SELECT column_name FROM duckdb_columns() WHERE schema_name = 'log' AND table_name = 'progress'"
    if ("form",) not in db.execute(columns).fetchall():
        return False
    return db.execute("SELECT form FROM log.progress").fetchall() == [(FORM,)]


def topics_of(file: SqlFile) -> set[str] | None:
    """The topics of the events that a staging file unpacks; None where its SELECT does not say so plainly."""
    found = _OF_TOPICS.findall(file.select)
    if not found or len(found) != file.select.count("log.pending"):
        return None
    return {topic for named in found for topic in _TOPIC.findall(named)}


def mirrored(db: duckdb.DuckDBPyConnection) -> int:
    """The position up to which events are remembered."""
    return int(db.execute("SELECT max(mirrored) FROM log.progress").fetchall()[0][0])


def kept_blocks(db: duckdb.DuckDBPyConnection) -> list[Block]:
    """The blocks of all events remembered."""
    return [Block(*row) for row in db.execute("FROM log.blocks ORDER BY first").fetchall()]


def kept_stretches(db: duckdb.DuckDBPyConnection) -> set[Block]:
    """The stretches of the log that were kept last time."""
    return {Block(*row) for row in db.execute("FROM log.stretches").fetchall()}


def keep_stretches(db: duckdb.DuckDBPyConnection, stretches: list[Block]) -> None:
    """Remember the stretches of events that are what was remembered of them, for the next comparison."""
    db.execute("TRUNCATE log.stretches")
    if stretches:
        _keep(db, "log.stretches", stretches)


def compare(
    blocks: list[Block],
    log: EventLog,
    upto: int,
    progress: Progress,
    known: AbstractSet[Block] = frozenset(),
) -> list[Block]:
    """Read the log again up to a position and hold it against the blocks remembered: count and hash.

    Events whose bytes are those of a stretch that an earlier comparison saw are what they were then. All
    others are taken apart.

    Args:
        blocks: of all events remembered, in order.
        log: the log.
        upto: the position up to which events are remembered.
        progress: hears how far it has come.
        known: the stretches that were kept last time.

    Returns:
        The stretches of these events, to be kept.

    Raises:
        MirrorMismatchError: they differ, or positions are missing.
    """
    # Before the events: what is changed meanwhile is read here, or has other bytes the next time.
    stretches = list(takewhile(lambda stretch: stretch.last <= upto, log.stretches(known)))
    same = _runs(stretch for stretch in stretches if stretch in known)
    ends = [0, *(block.last for block in blocks)]
    if ends[-1] != upto or any(block.first != end + 1 for end, block in zip(ends, blocks, strict=False)):
        raise MirrorMismatchError(_DIFFERS)
    others = [block for block in blocks if same[bisect(same, (block.first, upto)) - 1][1] < block.last]
    for block, digest in zip(others, log.digests(others), strict=True):
        if block.digest != digest:
            raise MirrorMismatchError(_DIFFERS)
        progress("核对", block.last, upto)
    return stretches


def _runs(stretches: Iterable[Block]) -> list[tuple[int, int]]:
    """The first and last positions of stretches, those that adjoin as one; the first holds nothing."""
    runs = [(0, 0)]
    for stretch in stretches:
        first = runs.pop()[0] if runs[-1][1] + 1 == stretch.first else stretch.first
        runs.append((first, stretch.last))
    return runs


def _pieces(log: Mirrored, after: int, upto: int) -> Iterator[tuple[pa.Table, list[Block]]]:
    """The events between two positions, their leaves cut to numbers, and the blocks that they make."""
    pages: list[pa.Table] = []
    for page in log.read_held(after=after, upto=upto):
        leaves = pa.chunked_array([short_leaves(leaf) for leaf in page.column("leaf").chunks])
        pages.append(page.drop(["leaf"]).append_column("leaf", leaves))
        if sum(map(len, pages)) >= _STAGED_ROWS:
            yield _whole(pages)
            pages = []
    if pages:
        yield _whole(pages)


def _whole(pages: list[pa.Table]) -> tuple[pa.Table, list[Block]]:
    piece = pa.concat_tables(pages)
    return piece, [block_of(batch) for batch in piece.to_batches()]


@contextmanager
def _arriving(db: duckdb.DuckDBPyConnection, events: pa.Table) -> Iterator[None]:
    """While the block runs, staging sees these events in `log.pending`."""
    db.register("arriving", events)
    db.execute(_PENDING)
    yield
    db.execute("DROP VIEW log.pending")
    db.unregister("arriving")


def _keep(db: duckdb.DuckDBPyConnection, table: str, blocks: list[Block]) -> None:
    db.register("incoming", pa.Table.from_pylist([structs.asdict(block) for block in blocks]))
    db.execute(f"INSERT INTO {table} SELECT first, last, digest FROM incoming")
    db.unregister("incoming")


def unstage(db: duckdb.DuckDBPyConnection, staging: list[SqlFile]) -> None:
    """Make the staging tables anew, without a row."""
    db.execute("UPDATE log.progress SET staged = 0")
    db.execute(FORGET)
    with _arriving(db, LEAFED_SCHEMA.empty_table()):
        for file in staging:
            db.execute(f"DROP TABLE IF EXISTS {file.table}")
            db.execute(f"CREATE TABLE {file.table} AS {file.select}")


def _version(staging: list[SqlFile]) -> str:
    parts = [FOLDED_BY, *(f"{file.table}\0{file.select}" for file in staging)]
    return sha256("\0".join(parts).encode()).hexdigest()
