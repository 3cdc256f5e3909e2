"""Questions to the stored log that only a verification asks."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

from eventsourcing.sqlite import SQLiteDatastore

from regaudit.eventlog.sqlite.schema import EARLIER, EVENTS, TABLES, statements
from regaudit.eventlog.stream_prefix import behind
from regaudit.eventlog.tree.growth import Row

_MALFORMED = f"""
SELECT min(position) FROM {EVENTS}
WHERE position > ? AND position <= ? AND (
    typeof(originator_id) <> 'text' OR typeof(originator_version) <> 'integer' OR typeof(topic) <> 'text'
    OR typeof(state) <> 'blob' OR typeof(leaf) <> 'blob')
"""
# What ANALYZE leaves is SQLite's own.
_OBJECTS = "SELECT name, coalesce(sql, 'index') FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%'"


def definition_fault(*, missing: Sequence[str], changed: Sequence[str], added: Sequence[str]) -> str:
    """What is wrong with a store's tables, triggers or functions (Chinese); empty where nothing is."""
    kinds = (("缺少", missing), ("定义被改动", changed), ("多出", added))
    found = [f"{what}:{'、'.join(names)}" for what, names in kinds if names]
    return f"表、触发器或函数{';'.join(found)}" if found else ""


class SqliteInspection:
    """Reads a log in SQLite for its verification."""

    def __init__(self, datastore: SQLiteDatastore) -> None:
        self._datastore = datastore

    def structure_fault(self) -> str:
        """What is wrong with the file, its indexes or its triggers (Chinese); empty where nothing is."""
        [(result,), *_] = self._all("PRAGMA integrity_check(1)")
        if result != "ok":
            return f"数据库文件损坏:{result}"
        return self.altered_definitions()

    def altered_definitions(self) -> str:
        """What is wrong with its tables and triggers (Chinese); empty where nothing is. No event is read."""
        stored = dict(self._all(_OBJECTS))
        made, earlier = dict(_made(TABLES)), dict(_made(TABLES | EARLIER))
        return definition_fault(
            missing=[name for name in made if name not in stored],
            changed=[name for name, sql in made.items() if stored.get(name, sql) not in (sql, earlier[name])],
            added=[name for name in stored if name not in made],
        )

    def given_positions(self) -> int | None:
        """The highest position that was ever given; a later deletion does not lower it."""
        rows = self._all("SELECT seq FROM sqlite_sequence WHERE name = ?", EVENTS)
        return int(rows[0][0]) if rows else 0

    def before_first(self) -> int | None:
        """The lowest position where it is below 1: nothing that this program appends stands there."""
        return self._one(f"SELECT min(position) FROM {EVENTS} WHERE position < 1")

    def first_malformed(self, after: int, upto: int) -> int | None:
        """The first position behind `after` up to `upto` with a value of another type than its column's."""
        return self._one(_MALFORMED, after, upto)

    def node_count(self) -> int:
        """How many nodes of the tree are stored."""
        return self._one("SELECT count(*) FROM tree_nodes") or 0

    def node_counts(self) -> dict[int, tuple[int, int]]:
        """By level, how many nodes of the tree are stored, and the highest number among them."""
        rows = self._all("SELECT level, count(*), max(number) FROM tree_nodes GROUP BY level")
        return {level: (count, last) for level, count, last in rows}

    def checkpoint_sizes(self) -> tuple[int, int]:
        """The least and the greatest size of a checkpoint."""
        [(least, greatest)] = self._all("SELECT min(size), max(size) FROM checkpoints")
        return least or 0, greatest or 0

    def event_at(self, position: int) -> Row | None:
        """The event at a position, as it lies there; what is no text any more with U+FFFD in it."""
        return self._event("position = ?", position)

    def event_of(self, stream: str, version: int) -> Row | None:
        """The event of a stream with a version."""
        return self._event("originator_id = ? AND originator_version = ?", stream, version)

    def streams(self, prefix: str) -> list[str]:
        """The names of all streams that begin with a prefix, which ends in an ASCII character."""
        statement = (
            f"SELECT DISTINCT originator_id FROM {EVENTS} WHERE originator_id >= ? AND originator_id < ?"
        )
        return [row[0] for row in self._all(statement, prefix, behind(prefix))]

    def _event(self, where: str, *values: Any) -> Row | None:
        columns = "CAST(originator_id AS BLOB), originator_version, CAST(topic AS BLOB), CAST(state AS BLOB)"
        rows = self._all(f"SELECT {columns} FROM {EVENTS} WHERE {where}", *values)
        if not rows:
            return None
        stream, version, topic, state = rows[0]
        return stream.decode(errors="replace"), version, topic.decode(errors="replace"), state

    def _one(self, statement: str, *values: Any) -> int | None:
        [(value,)] = self._all(statement, *values)
        return value if value is None else int(value)

    def _all(self, statement: str, *values: Any) -> list[Any]:
        with self._datastore.transaction(commit=False) as c:
            cursor = c.sqlite_cursor
            cursor.row_factory = None
            return cursor.execute(statement, values).fetchall()


def _made(tables: Mapping[str, str]) -> list[tuple[str, str]]:
    """Names and definitions as SQLite keeps them of a log with these tables."""
    with closing(sqlite3.connect(":memory:")) as own:
        for statement in statements(tables):
            own.execute(statement)
        return own.execute(_OBJECTS).fetchall()
