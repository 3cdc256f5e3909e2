"""The SQLite recorder: positions of our own, append only.

`eventsourcing` numbers events by SQLite's implicit rowid, which is reused after a deletion and renumbered
by VACUUM. Here a position is an AUTOINCREMENT primary key, and triggers refuse UPDATE and DELETE.

It also switches every file to a write-ahead log. That writes each event twice and lays the newest ones in a
second file; here a rollback journal keeps the log in one file, and a bulk import takes half the time.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import pyarrow as pa
from eventsourcing.persistence import Notification, StoredEvent
from eventsourcing.sqlite import (
    SQLiteApplicationRecorder,
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteCursor,
    SQLiteDatastore,
    SQLiteFactory,
)
from eventsourcing.utils import Environment

Row = tuple[str, int, str, bytes]
"""originator id, version, topic, state"""

EVENT_SCHEMA = pa.schema(
    [
        ("position", pa.int64()),
        ("originator_id", pa.string()),
        ("originator_version", pa.int64()),
        ("topic", pa.string()),
        ("state", pa.string()),
    ]
)
FIELD_END, ROW_END = "\x1f", "\x1e"
"""Between the fields of an event and between events in `read_texts`; neither stands in an event."""
_READ_ROWS = 50_000
_TEXT_ROWS = 1_000
_INSERT_ROWS = 500
_COLUMNS = ", ".join(EVENT_SCHEMA.names)
_CACHE_KIB = 64 * 1024
_PAGE_BYTES = 16 * 1024
# A commit waits for readers and readers wait for a commit: nobody gives up while a large import is written.
_LOCK_SECONDS = 300


class AppendOnlyRecorder(SQLiteApplicationRecorder):
    """Stores events under positions 1, 2, 3 … that are never reused."""

    def __init__(self, datastore: SQLiteDatastore, events_table_name: str = "stored_events") -> None:
        super().__init__(datastore, events_table_name)
        insert = f"INSERT INTO {events_table_name} (originator_id, originator_version, topic, state) VALUES "
        self.insert_events_statement = f"{insert} (?,?,?,?)"
        self._insert_many_statement = insert + ",".join(["(?,?,?,?)"] * _INSERT_ROWS)
        self.select_max_notification_id_statement = f"SELECT max(position) FROM {events_table_name}"

    def construct_create_table_statements(self) -> list[str]:
        """The table, and the triggers that refuse every change of a stored event."""
        table = self.events_table_name
        refuse = f"ON {table} BEGIN SELECT raise(ABORT, 'regaudit: the event log is append-only'); END"
        return [
            f"""CREATE TABLE IF NOT EXISTS {table} (
                position INTEGER PRIMARY KEY AUTOINCREMENT,
                originator_id TEXT NOT NULL,
                originator_version INTEGER NOT NULL,
                topic TEXT NOT NULL,
                state BLOB NOT NULL,
                UNIQUE (originator_id, originator_version))""",
            f"CREATE TRIGGER IF NOT EXISTS {table}_no_update BEFORE UPDATE {refuse}",
            f"CREATE TRIGGER IF NOT EXISTS {table}_no_delete BEFORE DELETE {refuse}",
        ]

    def append(self, c: SQLiteCursor, rows: Sequence[Row]) -> None:
        """Append rows within the transaction of `c`: the one way in, for batches and single events alike."""
        whole = len(rows) - len(rows) % _INSERT_ROWS
        c.executemany(
            self._insert_many_statement,
            (tuple(chain.from_iterable(rows[i : i + _INSERT_ROWS])) for i in range(0, whole, _INSERT_ROWS)),
        )
        c.executemany(self.insert_events_statement, rows[whole:])

    def append_batches(self, batches: Iterable[Sequence[Row]]) -> tuple[int, int]:
        """Append all batches in one transaction: all of them or, on any error, none.

        Returns:
            The last position before, and the last position after.
        """
        with self.datastore.transaction(commit=True) as c:
            before = self._max_notification_id(c) or 0
            for rows in batches:
                self.append(c, rows)
            after = self._max_notification_id(c) or 0
        return before, after

    def read(self, *, after: int, upto: int) -> Iterator[pa.Table]:
        """Stored events with `after` < position ≤ `upto`, in order, as tables of `EVENT_SCHEMA`.

        Nothing is locked between one table and the next.
        """
        statement = (
            f"SELECT {_COLUMNS} FROM {self.events_table_name} "
            f"WHERE position > ? AND position <= ? ORDER BY position LIMIT {_READ_ROWS}"
        )
        while True:
            with self.datastore.transaction(commit=False) as c:
                table = next(_tables(c, statement, (after, upto)), None)
            if table is None:
                return
            after = table.column("position")[-1].as_py()
            yield table

    def read_texts(self, *, upto: int) -> Iterator[tuple[int, list[str]]]:
        """Stored events in order as texts, fields joined by `FIELD_END`, rows by `ROW_END`; where they end.

        SQLite joins them, so that no event costs Python anything.
        """
        fields = f" || char({ord(FIELD_END)}) || ".join(
            f"CAST({name} AS TEXT)" if name == "state" else name for name in EVENT_SCHEMA.names
        )
        statement = (
            f"SELECT group_concat({fields}, char({ord(ROW_END)})) FROM {self.events_table_name} "
            "WHERE position > ? AND position <= ?"
        )
        for first in range(0, upto, _READ_ROWS):
            stop = min(first + _READ_ROWS, upto)
            with self.datastore.transaction(commit=False) as c:
                texts = [
                    c.sqlite_cursor.execute(statement, (after, min(after + _TEXT_ROWS, stop))).fetchone()[0]
                    for after in range(first, stop, _TEXT_ROWS)
                ]
            yield stop, [text for text in texts if text is not None]

    def select_streams(self, ids: Iterable[str]) -> Iterator[pa.Table]:
        """All events of the given streams, as tables of `EVENT_SCHEMA` in no particular order."""
        with self.datastore.transaction(commit=False) as c:
            c.execute("CREATE TEMP TABLE IF NOT EXISTS wanted (id TEXT PRIMARY KEY) WITHOUT ROWID")
            c.execute("DELETE FROM temp.wanted")
            c.executemany("INSERT OR IGNORE INTO temp.wanted VALUES (?)", ((i,) for i in ids))
            statement = (
                f"SELECT {_COLUMNS} FROM temp.wanted AS w "
                f"CROSS JOIN {self.events_table_name} AS e ON e.originator_id = w.id"
            )
            yield from _tables(c, statement, ())

    def first_version_after(self, stream: str, position: int) -> int | None:
        """The version of a stream's first event behind a position; None when there is none."""
        with self.datastore.transaction(commit=False) as c:
            c.execute(
                f"SELECT min(originator_version) FROM {self.events_table_name} "
                "WHERE originator_id = ? AND position > ?",
                (stream, position),
            )
            version: int | None = c.fetchone()[0]
        return version

    def _insert_events(
        self, c: SQLiteCursor, stored_events: Sequence[StoredEvent], **_: Any
    ) -> Sequence[int] | None:
        before = self._max_notification_id(c) or 0
        self.append(
            c, [(str(s.originator_id), s.originator_version, s.topic, s.state) for s in stored_events]
        )
        after = self._max_notification_id(c) or 0
        return range(after - len(stored_events) + 1, after + 1) if after > before else []

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
        first = (start or 0) if inclusive_of_start else (start or 0) + 1
        filters, params = ["position >= ?"], [first, *topics]
        if topics:
            filters.append(f"topic IN ({','.join('?' * len(topics))})")
        if stop is not None:
            filters.append("position <= ?")
            params.append(stop)
        statement = (
            f"SELECT * FROM {self.events_table_name} WHERE {' AND '.join(filters)} ORDER BY position LIMIT ?"
        )
        with self.datastore.transaction(commit=False) as c:
            c.execute(statement, [*params, limit])
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


class _OneFilePool(SQLiteConnectionPool):
    """Connections to a log that is one file: a rollback journal in place of the library's write-ahead log."""

    def _create_connection(self) -> SQLiteConnection:
        self.is_journal_mode_wal = True  # the library asks this before it would switch the file over
        connection = super()._create_connection()
        cursor = connection.cursor()
        for setting in (
            f"page_size={_PAGE_BYTES}",
            "journal_mode=DELETE",
            "synchronous=FULL",
            f"cache_size=-{_CACHE_KIB}",
        ):
            cursor.execute(f"PRAGMA {setting}")
        return connection


class AppendOnlyFactory(SQLiteFactory):
    """Makes `AppendOnlyRecorder`s."""

    application_recorder_class = AppendOnlyRecorder

    def __init__(self, env: Environment) -> None:
        super().__init__(env)
        self.datastore.pool = _OneFilePool(
            db_name=self.datastore.pool.db_name, lock_timeout=_LOCK_SECONDS, pool_timeout=_LOCK_SECONDS
        )


def _tables(c: SQLiteCursor, statement: str, parameters: tuple[int, ...]) -> Iterator[pa.Table]:
    cursor = c.sqlite_cursor
    cursor.row_factory = None  # plain tuples take half the time of named rows
    cursor.execute(statement, parameters)
    while rows := cursor.fetchmany(_READ_ROWS):
        *columns, states = zip(*rows, strict=True)
        arrays = [pa.array(c, kind) for c, kind in zip(columns, EVENT_SCHEMA.types, strict=False)]
        yield pa.table([*arrays, pa.array(states, pa.binary()).cast(pa.string())], schema=EVENT_SCHEMA)
