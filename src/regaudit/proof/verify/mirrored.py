"""The warehouse's copy of the log, as a second witness of what the log held.

The copy is as old as the last check. It proves nothing by itself, but where the two differ it tells which
record is the first, and whether one was changed, removed, added or moved.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb
import pyarrow as pa

from regaudit.base.digests import digest_of
from regaudit.base.duck import DatabaseFileError, connect, hindrance_of
from regaudit.base.folders import Folders
from regaudit.eventlog.tree.growth import Row
from regaudit.proof.verify.report import Damage

_ABSENT = "没有镜像(尚未检查过,或 .work/ 已清空)"
_TEXTS = "originator_id, originator_version, topic, state"
SUMS = """
SELECT count(*), coalesce(sum(hash(position, originator_id, originator_version, topic, state)), 0)
FROM {table} WHERE position <= {upto}
"""
"""Count and hash of rows as text, as those of the mirror."""
_MIRROR_SUMS = f"""
SELECT (position - 1) // $batch, count(*), sum(hash(position, {_TEXTS}))
FROM log.events WHERE position BETWEEN 1 AND $upto GROUP BY ALL
"""
_DIFFERENCE = """
SELECT min(coalesce(m.position, s.position))
FROM (FROM log.events WHERE position > $after AND position <= $stop) AS m
FULL JOIN (FROM stored WHERE position <= $upto) AS s ON m.position = s.position
WHERE m.position IS NULL OR s.position IS NULL
    OR encode(m.originator_id) <> s.originator_id OR m.originator_version <> s.originator_version
    OR encode(m.topic) <> s.topic OR encode(m.state) <> s.state
"""


class Mirror:
    """The mirror of a workspace, up to the position where it or the log ends."""

    def __init__(self, db: duckdb.DuckDBPyConnection, batch: int, log_size: int) -> None:
        self._db, self._batch = db, batch
        [(mirrored,)] = db.execute("SELECT mirrored FROM log.progress").fetchall()
        self.mirrored: int = mirrored
        self.size = min(self.mirrored, log_size)
        sums = db.execute(_MIRROR_SUMS, {"batch": batch, "upto": self.size}).fetchall()
        self._sums = {number: (count, total) for number, count, total in sums}

    def sums(self, number: int) -> tuple[int, int]:
        """Count and hash of a batch, as `SUMS` gives them."""
        return self._sums.get(number, (0, 0))

    def first_difference(self, after: int, stored: pa.Table) -> int:
        """The first position of a batch where mirror and log differ."""
        self._db.register("stored", stored)
        values = {"after": after, "stop": min(after + self._batch, self.size), "upto": self.size}
        [(position,)] = self._db.execute(_DIFFERENCE, values).fetchall()
        self._db.unregister("stored")
        return int(position)

    def event_at(self, position: int) -> Row | None:
        """The copy of the event at a position."""
        return self._event("position = ?", position)

    def event_of(self, stream: str, version: int) -> Row | None:
        """The copy of the event of a stream with a version."""
        return self._event("originator_id = ? AND originator_version = ?", stream, version)

    def _event(self, where: str, *values: str | int) -> Row | None:
        rows = self._db.execute(f"SELECT {_TEXTS} FROM log.events WHERE {where}", list(values)).fetchall()
        return (rows[0][0], rows[0][1], rows[0][2], rows[0][3].encode()) if rows else None


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
    batch: int,
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
        mirror = Mirror(db, batch, log_size)
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
