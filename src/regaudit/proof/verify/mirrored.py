"""What the warehouse remembers of the log, as a second witness of what the log held.

It is as old as the last check. It proves nothing by itself, but where the two differ it tells which record is
the first, and whether one was changed, removed, added or moved.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from regaudit.base.digests import digest_of
from regaudit.base.duck import DatabaseFileError, connect, hindrance_of
from regaudit.base.folders import Folders
from regaudit.eventlog.batches import short_leaves
from regaudit.eventlog.tree.growth import Row
from regaudit.eventlog.tree.merkle import Hasher, leaf_data
from regaudit.proof.verify.report import Damage
from regaudit.warehouse.mirror import has_this_form

_ABSENT = "没有镜像(尚未检查过,或 .work/ 已清空)"
_OTHER_FORM = "镜像是另一版本的程序留下的,格式不同:未与镜像核对,下一次检查会重建它"
_COLUMNS = "position, originator_id, originator_version, topic, leaf"
_REMEMBERED = (
    f"SELECT {_COLUMNS} FROM log.events WHERE position > $after AND position <= $upto ORDER BY position"
)
_DIFFERENCE = """
SELECT min(coalesce(m.position, s.position)) FROM remembered AS m
FULL JOIN stored AS s ON m.position = s.position
WHERE m.position IS NULL OR s.position IS NULL
    OR (m.originator_id, m.originator_version, m.topic, m.leaf)
    IS DISTINCT FROM (s.originator_id, s.originator_version, s.topic, s.leaf)
"""
_COMPARED = pa.schema(
    [
        ("position", pa.int64()),
        ("originator_id", pa.binary()),
        ("originator_version", pa.int64()),
        ("topic", pa.binary()),
        ("leaf", pa.int64()),
    ]
)
# Of one row an event names the number; of several it names none.
_ORIGIN = "SELECT max(import_no), if(count(*) = 1, max({row_no}), 0) FROM staging.{table} WHERE position = ?"
_WITH_ORIGIN = """
SELECT table_name, count(*) FILTER (column_name = 'row_no') = 1 FROM duckdb_columns()
WHERE schema_name = 'staging' AND column_name IN ('position', 'import_no', 'row_no')
GROUP BY table_name HAVING count(*) FILTER (column_name <> 'row_no') = 2
ORDER BY table_name
"""


class Copy(Struct, frozen=True):
    """What is remembered of an event; `leaf` as `short_leaves` gives it."""

    position: int
    stream: str
    version: int
    topic: str
    leaf: int


class Mirror:
    """What a workspace remembers of its log, up to the position where it or the log ends."""

    def __init__(self, db: duckdb.DuckDBPyConnection, hashing: Hasher, log_size: int) -> None:
        self._db, self._hashing = db, hashing
        [(mirrored,)] = db.execute("SELECT mirrored FROM log.progress").fetchall()
        self.mirrored: int = mirrored
        self.size = min(self.mirrored, log_size)

    def first_difference(self, after: int, upto: int, stored: pa.Table, leaves: list[bytes]) -> int:
        """The first position of a piece of the log where it is not what is remembered; 0 where it is.

        Args:
            after: the last position before the piece.
            upto: its last position.
            stored: its events, of `batches.STORED_SCHEMA`.
            leaves: their leaves as they should be.
        """
        words = {"after": after, "upto": min(upto, self.size)}
        if words["after"] >= words["upto"]:
            return 0
        remembered = self._db.sql(_REMEMBERED, params=words).to_arrow_table().cast(_COMPARED)
        short = short_leaves(pa.array(leaves, pa.binary()))
        stored = stored.set_column(stored.column_names.index("leaf"), "leaf", short).select(_COMPARED.names)
        stored = stored.cast(_COMPARED).filter(pc.field("position") <= words["upto"])
        if stored.equals(remembered):
            return 0
        self._db.register("stored", stored)
        self._db.register("remembered", remembered)
        [(position,)] = self._db.execute(_DIFFERENCE).fetchall()
        self._db.unregister("remembered")
        self._db.unregister("stored")
        return position or 0

    def copy_at(self, position: int) -> Copy | None:
        """What is remembered of the event at a position."""
        return self._copy("position = ?", position)

    def copy_of(self, stream: str, version: int) -> Copy | None:
        """What is remembered of the event of a stream with a version."""
        return self._copy("originator_id = ? AND originator_version = ?", stream, version)

    def _copy(self, where: str, *values: str | int) -> Copy | None:
        rows = self._db.execute(f"SELECT {_COLUMNS} FROM log.events WHERE {where}", list(values)).fetchall()
        return Copy(*rows[0]) if rows else None

    def is_of(self, copy: Copy, row: Row | None) -> bool:
        """Whether a row of the log, wherever it stands now, is the event that a copy is of."""
        if row is None:
            return False
        stream, version, topic, state = row
        try:
            data = leaf_data(copy.position, stream.encode(), version, topic.encode(), state)
        except TypeError:  # what somebody has put in its place is no event
            return False
        return bool(short_leaves(pa.array([self._hashing.leaf(data)], pa.binary()))[0].as_py() == copy.leaf)

    def origin_at(self, position: int) -> tuple[int, int]:
        """The import that brought the event at a position, and the row in its file; 0 where none is known."""
        for table, has_row in self._db.execute(_WITH_ORIGIN).fetchall():
            statement = _ORIGIN.format(table=table, row_no="row_no" if has_row else "0")
            [(import_no, row_no)] = self._db.execute(statement, [position]).fetchall()
            if import_no is not None:
                return import_no, row_no or 0
        return 0, 0

    def file_of(self, import_no: int) -> str:
        """The name of an import's file; empty where it is not known."""
        found = self._db.execute(
            "SELECT max(file_name) FROM staging.imports WHERE import_no = ?", [import_no]
        )
        return found.fetchall()[0][0] or ""


def is_acknowledged(path: Path, title: str, known: Mapping[str, str], notes: list[str]) -> bool:
    """Whether somebody has said why a database, as it lies there, contradicts the log: then it is a note.

    `title` is what its key in `known` begins with.
    """
    if not known or not os.access(path, os.R_OK):
        return False
    if (reason := known.get(f"{title}:{digest_of(path)}")) is None:
        return False
    notes.append(f"{path.name} 与日志矛盾的缘由已有人说明,未与它核对({reason})")
    return True


@contextmanager
def open_mirror(
    home: Path,
    hashing: Hasher,
    log_size: int,
    *,
    runs: int,
    known: Mapping[str, str],
    notes: list[str],
    damages: list[Damage],
) -> Iterator[Mirror | None]:
    """The workspace's mirror; None where it cannot be read.

    One that is absent, in use, not this user's to read, or in `known`, the contradictions that somebody has
    acknowledged, is a note (Chinese): it is no witness, and the next check makes it anew. Where a run is on
    record a file that is there was whole once: one that is no mirror is a damage.
    """
    path = Folders(home).warehouse
    if not os.access(path, os.R_OK):
        lacking = os.access(path, os.F_OK) or not os.access(path.parent, os.X_OK)
        why = f"没有权限读取镜像 {path}" if lacking and path.parent.exists() else _ABSENT
        notes.append(f"{why}:未与镜像核对")
        yield None
        return
    if is_acknowledged(path, "warehouse", known, notes):
        yield None
        return
    db = mirror = None
    try:
        db = connect(path, read_only=True)
        if has_this_form(db):
            mirror = Mirror(db, hashing, log_size)
        else:
            notes.append(_OTHER_FORM)
    except (DatabaseFileError, duckdb.Error) as error:
        problem = str(error).splitlines()[0]
        if hindrance_of(error).lies_outside:
            notes.append(f"镜像正被使用或此刻不能读取,未与镜像核对:{problem}")
        elif not runs:
            notes.append(f"镜像不能读取,日志中尚无运行,未与镜像核对:{problem}")
        else:
            damages.append(
                Damage(
                    kind="镜像",
                    problem=f"镜像 {path} 不能读取,未能与日志核对(日志中已有 {runs} 次运行):{problem}",
                    advice="镜像损坏或被改动;日志无误的,用 regaudit check --rebuild 重建镜像",
                )
            )
    try:
        yield mirror
    finally:
        if db is not None:
            with suppress(duckdb.Error):
                db.close()
