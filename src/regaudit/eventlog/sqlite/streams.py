"""Reads the streams of a log in SQLite, as far as its last checkpoint covers them."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteCursor

from regaudit.eventlog.batches import EVENT_SCHEMA, plain_table
from regaudit.eventlog.sqlite.schema import EVENTS
from regaudit.eventlog.sqlite.tree import SqliteTree
from regaudit.eventlog.stream_prefix import behind
from regaudit.eventlog.tree.covered import FIRST, Cover

_READ_ROWS = 50_000
_COLUMNS = ", ".join(EVENT_SCHEMA.names)
# The plus keeps SQLite from reading all positions instead of one stream.
_OF_STREAM = f"originator_id = id AND +position BETWEEN {FIRST} AND upto"
_LEAST, _MOST = -(1 << 63), (1 << 63) - 1


class SqliteStreams(SQLiteApplicationRecorder):
    """The part of the recorder that reads streams."""

    cover: Cover
    """Set by whoever opens the log, before any event is read."""

    def versions(self, ids: Iterable[str]) -> dict[str, int]:
        """The versions of the last events of the given streams; those without any are left out."""
        with self._covered() as (c, upto):
            _want(c, ids)
            c.execute(
                f"SELECT id, (SELECT max(originator_version) FROM {EVENTS} WHERE {_OF_STREAM}) AS last "
                "FROM (SELECT id, ? AS upto FROM temp.wanted) WHERE last IS NOT NULL",
                (upto,),
            )
            return {row[0]: row[1] for row in c.fetchall()}

    def select_streams(self, ids: Iterable[str], *, is_covered: bool = True) -> Iterator[pa.Table]:
        """All events of the given streams, as tables of `EVENT_SCHEMA` in no particular order.

        `is_covered` leaves out what no checkpoint covers; only a verification takes it.
        """
        with self._covered() if is_covered else self._whole() as (c, upto):
            _want(c, ids)
            statement = (
                f"SELECT {_COLUMNS} FROM (SELECT id, ? AS upto FROM temp.wanted) AS w "
                f"CROSS JOIN {EVENTS} AS e ON {_OF_STREAM}"
            )
            cursor = c.sqlite_cursor
            cursor.row_factory = None  # plain tuples take half the time of named rows
            cursor.execute(statement, (upto,))
            while rows := cursor.fetchmany(_READ_ROWS):
                yield plain_table(rows)

    def select_prefix(
        self, prefix: str, after: int, upto: int | None = None, *, is_covered: bool = True
    ) -> Iterator[pa.Table]:
        """The events behind a position, up to another, of all streams that begin with a prefix.

        They are tables of `EVENT_SCHEMA` in no particular order; the prefix ends in an ASCII character.
        `is_covered` as in `select_streams`.
        """
        plus = ("+", "") if after == 0 else ("", "+")
        with self._covered() if is_covered else self._whole() as (c, covered):
            cursor = c.sqlite_cursor
            cursor.row_factory = None
            cursor.execute(
                f"SELECT {_COLUMNS} FROM {EVENTS} WHERE {plus[0]}position BETWEEN ? AND ? "
                f"AND {plus[1]}originator_id >= ? AND {plus[1]}originator_id < ?",
                (
                    max(after + 1, FIRST),
                    covered if upto is None else min(upto, covered),
                    prefix,
                    behind(prefix),
                ),
            )
            while rows := cursor.fetchmany(_READ_ROWS):
                yield plain_table(rows)

    def first_version_after(self, stream: str, position: int) -> int | None:
        """The version of a stream's first event behind a position; None when there is none."""
        with self._covered() as (c, upto):
            c.execute(
                f"SELECT min(originator_version) FROM {EVENTS} "
                "WHERE originator_id = ? AND +position BETWEEN ? AND ?",
                (stream, max(position + 1, FIRST), upto),
            )
            version: int | None = c.fetchone()[0]
        return version

    def select_events(
        self,
        originator_id: Any,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """The events of one stream, in order of version."""
        statement = (
            f"SELECT originator_id, originator_version, topic, state FROM {EVENTS} "
            "WHERE originator_id = :id AND originator_version > :gt AND originator_version <= :lte "
            f"AND +position BETWEEN {FIRST} AND :upto "
            f"ORDER BY originator_version {'DESC' if desc else 'ASC'} LIMIT :limit"
        )
        with self._covered() as (c, upto):
            values = {
                "id": str(originator_id),
                "gt": _LEAST if gt is None else gt,
                "lte": _MOST if lte is None else lte,
                "upto": upto,
                "limit": -1 if limit is None else limit,
            }
            c.sqlite_cursor.execute(statement, values)
            return [StoredEvent(*row) for row in c.fetchall()]

    @contextmanager
    def _covered(self) -> Iterator[tuple[SQLiteCursor, int]]:
        """A reading transaction, with the last position that may be read in it."""
        with self.datastore.transaction(commit=False) as c:
            yield c, self.cover.size(SqliteTree(c))

    @contextmanager
    def _whole(self) -> Iterator[tuple[SQLiteCursor, int]]:
        """A reading transaction that reads what lies behind the last checkpoint, too."""
        with self.datastore.transaction(commit=False) as c:
            yield c, _MOST


def _want(c: SQLiteCursor, ids: Iterable[str]) -> None:
    """Put ids into a table of the connection's own, to be joined."""
    c.execute("CREATE TEMP TABLE IF NOT EXISTS wanted (id TEXT PRIMARY KEY) WITHOUT ROWID")
    c.execute("DELETE FROM temp.wanted")
    c.executemany("INSERT OR IGNORE INTO temp.wanted VALUES (?)", ((i,) for i in ids))
