"""The SQLite recorder: positions of our own, append only.

`eventsourcing` numbers events by SQLite's implicit rowid, which is reused after a deletion and renumbered
by VACUUM. Here a position is one more than the last, and triggers refuse UPDATE, DELETE and REPLACE.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import FileIO
from typing import Any

import pyarrow as pa
from eventsourcing.persistence import Notification, StoredEvent
from eventsourcing.sqlite import (
    SQLiteCursor,
    SQLiteDatastore,
)

from regaudit.base.errors import LogError
from regaudit.base.prefetch import Ahead
from regaudit.eventlog.batches import (
    EVENT_SCHEMA,
    GROWN_SCHEMA,
    STORED_SCHEMA,
    joined_table,
    new_table,
)
from regaudit.eventlog.blocks import COLUMNS as BLOCK_COLUMNS
from regaudit.eventlog.blocks import SEPARATOR, Block, digest
from regaudit.eventlog.sqlite.columns import (
    Page,
    insert_pages,
    insert_statement,
    joined_columns,
)
from regaudit.eventlog.sqlite.inspection import SqliteInspection
from regaudit.eventlog.sqlite.pages import stretches
from regaudit.eventlog.sqlite.schema import EVENTS, REPLACE_GUARD, TABLES, statements
from regaudit.eventlog.sqlite.streams import SqliteStreams
from regaudit.eventlog.sqlite.tree import SqliteTree
from regaudit.eventlog.tree.covered import FIRST
from regaudit.eventlog.tree.growth import Growth
from regaudit.eventlog.tree.stored import Node
from regaudit.eventlog.version_conflict import VersionTakenError, noticing_conflicts

_READ_ROWS = 50_000
_JOINED_ROWS = 1_000
_STORED_ROWS = 4_096
_LOCKED_BLOCKS = 50
_TABLE = "SELECT rootpage, sql FROM sqlite_master WHERE type = 'table' AND name = ?"
_INSERT = insert_statement(EVENTS, GROWN_SCHEMA)


class AppendOnlyRecorder(SqliteStreams):
    """Stores events under positions 1, 2, 3 … that are never reused, with the tree over them."""

    growth: Growth
    """Set by whoever opens the log, before anything is appended."""

    def __init__(self, datastore: SQLiteDatastore, events_table_name: str = EVENTS) -> None:
        super().__init__(datastore, events_table_name)
        self._file: FileIO | None = None
        self.select_max_notification_id_statement = (
            f"SELECT max(position) FROM {EVENTS} WHERE position >= {FIRST}"
        )

    def construct_create_table_statements(self) -> list[str]:
        """The tables, and the triggers that refuse every change of what they hold."""
        return statements()

    def create_table(self) -> None:
        """Make the tables with their triggers where there are none, in one transaction.

        Raises:
            LogError: some of the tables are there and some are not.
        """
        with self.datastore.transaction(commit=False) as c:
            c.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            missing = set(TABLES) - {row[0] for row in c.fetchall()}
        if missing == set(TABLES):
            super().create_table()
        elif missing:
            raise LogError(f"事件日志缺少表 {'、'.join(sorted(missing))}:请保留现场,从备份恢复")

    def write_facts(self, facts: Mapping[str, str], checkpoint: str) -> None:
        """Begin the log: what it says of itself, and its checkpoint without events, in one transaction."""
        with self.datastore.transaction(commit=True) as c:
            c.executemany("INSERT INTO log_facts VALUES (?,?)", list(facts.items()))
            SqliteTree(c).add_checkpoint(0, checkpoint)

    def facts(self) -> dict[str, str]:
        """What the log says of itself; nothing where making it was cut off."""
        with self.datastore.transaction(commit=False) as c:
            c.execute("SELECT name, value FROM log_facts")
            return {row[0]: row[1] for row in c.fetchall()}

    def checkpoints(self) -> list[tuple[int, str]]:
        """Sizes and notes of all checkpoints, the smallest first."""
        with self.datastore.transaction(commit=False) as c:
            c.execute("SELECT size, note FROM checkpoints ORDER BY size")
            return [(row[0], row[1]) for row in c.fetchall()]

    def checkpoint_covering(self, position: int) -> tuple[int, str] | None:
        """Size and note of the first checkpoint that covers a position."""
        with self.datastore.transaction(commit=False) as c:
            c.execute("SELECT size, note FROM checkpoints WHERE size >= ? ORDER BY size LIMIT 1", (position,))
            row = c.fetchone()
        return row and (row[0], row[1])

    @contextmanager
    def tree(self) -> Iterator[SqliteTree]:
        """The tree and the checkpoints, to be read within one transaction."""
        with self.datastore.transaction(commit=False) as c:
            yield SqliteTree(c)

    def settled_position(self) -> int:
        """The position of the last event, once no append is under way."""
        return self.max_notification_id() or 0

    def inspection(self) -> SqliteInspection:
        """What a verification asks."""
        return SqliteInspection(self.datastore)

    def append(self, c: SQLiteCursor, events: Iterable[pa.Table]) -> None:
        """Append events of `batches.NEW_SCHEMA` within the transaction of `c`: the one way in for all.

        They are made in one thread, hashed in another and stored in this one, each ahead of the next.
        """
        for nodes, pages in Ahead(map(self._grow, Ahead(events))):
            SqliteTree(c).add_nodes(nodes)
            for page in pages:
                c.execute(_INSERT, page)

    def _grow(self, events: pa.Table) -> tuple[Sequence[Node], Sequence[Page]]:
        """The nodes and the rows that events make the log grow by."""
        grown = self.growth.extend(events)
        return grown.nodes, list(insert_pages(grown.events))

    def append_batches(self, batches: Iterable[pa.Table]) -> tuple[int, int]:
        """Append all batches, of `batches.NEW_SCHEMA`, in one transaction: all or, on any error, none.

        Returns:
            The last position before, and the last position after.
        """
        with noticing_conflicts(), self.datastore.transaction(commit=True) as c:
            self.growth.begin(SqliteTree(c))
            with _without_replace_guard(c):
                self.append(c, batches)
            return self.growth.close(SqliteTree(c))

    def read(self, *, after: int, upto: int, schema: pa.Schema = EVENT_SCHEMA) -> Iterator[pa.Table]:
        """Stored events with `after` < position ≤ `upto`, in order, as tables of a schema of `batches`.

        SQLite joins the values of a column to one, so that no event costs Python anything. Nothing is locked
        between one table and the next.

        Raises:
            pa.ArrowInvalid: a stored value is not of its column's type.
        """
        columns = joined_columns(schema)
        page_rows = _STORED_ROWS if schema is STORED_SCHEMA else _JOINED_ROWS
        statement = f"SELECT {columns} FROM {EVENTS} WHERE position > ? AND position <= ?"
        for first in range(max(after, FIRST - 1), upto, _READ_ROWS):
            stop = min(first + _READ_ROWS, upto)
            with self.datastore.transaction(commit=False) as c:
                rows = [
                    c.sqlite_cursor.execute(statement, (start, min(start + page_rows, stop))).fetchone()
                    for start in range(first, stop, page_rows)
                ]
            if pages := [joined_table(row, schema) for row in rows if row[0] is not None]:
                yield pa.concat_tables(pages)

    def digests(self, blocks: Sequence[Block]) -> Iterator[str | None]:
        """The digests of blocks as stored now, in order; None where a block's events are not all there.

        Nothing is locked for longer than a few blocks take.
        """
        columns = ", ".join(f"CAST(group_concat({name}, '{SEPARATOR}') AS BLOB)" for name in BLOCK_COLUMNS)
        statement = f"SELECT count(*), {columns} FROM {self.events_table_name} WHERE position BETWEEN ? AND ?"
        for start in range(0, len(blocks), _LOCKED_BLOCKS):
            found = []
            with self.datastore.transaction(commit=False) as c:
                for block in blocks[start : start + _LOCKED_BLOCKS]:
                    row = c.sqlite_cursor.execute(statement, (block.first, block.last)).fetchone()
                    is_whole = row[0] == block.last - block.first + 1
                    found.append(digest(row[1:]) if is_whole else None)
            yield from found

    def stretches(self, known: Container[Block], after: int = 0) -> Iterator[Block]:
        """The events that lie in full pages, each stretch with the digest of their bytes: see `pages`."""
        with self.datastore.transaction(commit=False) as c:
            c.execute(_TABLE, (self.events_table_name,))
            root, definition = c.fetchone()
            c.execute("SELECT file FROM pragma_database_list WHERE name = 'main'")
            [path] = c.fetchone()
        # Closed with the log: a file that is closed loses all locks that its process has on it.
        self._file = self._file or FileIO(path)
        yield from stretches(self._file, root, definition, known, after)

    def close_file(self) -> None:
        """Close the file that `stretches` reads, once nothing else of this log is open."""
        if self._file:
            self._file.close()

    def _insert_events(
        self, c: SQLiteCursor, stored_events: Sequence[StoredEvent], **_: Any
    ) -> Sequence[int] | None:
        self.growth.begin(SqliteTree(c))
        for event in stored_events:
            c.execute(
                f"SELECT 1 FROM {EVENTS} WHERE originator_id = ? AND originator_version = ?",
                (event.originator_id, event.originator_version),
            )
            if c.fetchone():
                raise VersionTakenError
        self.append(c, [new_table(stored_events)])
        before, after = self.growth.close(SqliteTree(c))
        return range(before + 1, after + 1)

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> list[Notification]:
        """Stored events from position `start` on, at most `limit` of them, in order of position."""
        first = max((start or 0) if inclusive_of_start else (start or 0) + 1, FIRST)
        among = f"AND topic IN ({','.join('?' * len(topics))})" if topics else ""
        statement = f"SELECT * FROM {EVENTS} WHERE position BETWEEN ? AND ? {among} ORDER BY position LIMIT ?"
        with self._covered() as (c, upto):
            last = upto if stop is None else min(stop, upto)
            c.execute(statement, [first, last, *topics, limit])
            return [
                Notification(
                    id=row["position"],
                    originator_id=row["originator_id"],
                    originator_version=row["originator_version"],
                    topic=row["topic"],
                    state=row["state"],
                )
                for row in c.fetchall()
            ]


@contextmanager
def _without_replace_guard(c: SQLiteCursor) -> Iterator[None]:
    """While rows are inserted by the hundred thousand, without the trigger that asks before each one.

    A plain INSERT replaces nothing, nobody else writes within the transaction, and until it ends everybody
    else has the trigger: it comes back with the very commit that brings the rows, or with their rollback. It
    comes back as it was: whether it is the right one, and there, is for a verification to say.
    """
    name = REPLACE_GUARD.format(table=EVENTS)
    c.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = ?", (name,))
    found = [row[0] for row in c.fetchall()]
    for _ in found:
        c.execute(f"DROP TRIGGER {name}")
    yield
    for statement in found:
        c.execute(statement)
