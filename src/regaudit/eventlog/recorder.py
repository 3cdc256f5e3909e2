"""The SQLite recorder: positions of our own, append only.

`eventsourcing` numbers events by SQLite's implicit rowid, which is reused after a deletion and renumbered
by VACUUM. Here a position is an AUTOINCREMENT primary key, and triggers refuse UPDATE and DELETE.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa
from eventsourcing.persistence import Notification, StoredEvent
from eventsourcing.sqlite import (
    SQLiteApplicationRecorder,
    SQLiteCursor,
    SQLiteDatastore,
    SQLiteFactory,
)

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
_READ_ROWS = 50_000
# Neither character can stand in a topic, in an id (control characters are refused on import) or,
# unescaped, in JSON: SQLite can hand over thousands of events as one string, which Arrow then splits.
_FIELD, _RECORD = "\x1f", "\x1e"
_CACHE_KIB = 128 * 1024


class AppendOnlyRecorder(SQLiteApplicationRecorder):
    """Stores events under positions 1, 2, 3 … that are never reused."""

    def __init__(self, datastore: SQLiteDatastore, events_table_name: str = "stored_events") -> None:
        super().__init__(datastore, events_table_name)
        columns = "originator_id, originator_version, topic, state"
        self.insert_events_statement = f"INSERT INTO {events_table_name} ({columns}) VALUES (?,?,?,?)"
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

    def append(self, c: SQLiteCursor, rows: Iterable[Row]) -> None:
        """Append rows within the transaction of `c`: the one way in, for batches and single events alike."""
        c.executemany(self.insert_events_statement, rows)

    def append_batches(self, batches: Iterable[Sequence[Row]]) -> tuple[int, int]:
        """Append all batches in one transaction: all of them or, on any error, none.

        Returns:
            The last position before, and the last position after.
        """
        with self.datastore.transaction(commit=True) as c:
            c.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
            before = self._max_notification_id(c) or 0
            for rows in batches:
                self.append(c, rows)
            after = self._max_notification_id(c) or 0
        return before, after

    def checkpoint(self) -> None:
        """Move the write-ahead log into the database file and shorten it."""
        with self.datastore.get_connection(commit=True) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def read(self, *, after: int, upto: int) -> Iterator[pa.Table]:
        """Stored events with `after` < position ≤ `upto`, in order, as tables of `EVENT_SCHEMA`."""
        statement = (
            "SELECT group_concat(position || x'1f' || originator_id || x'1f' || originator_version || x'1f' "
            "|| topic || x'1f' || CAST(state AS TEXT), x'1e'), max(position) FROM ("
            f"SELECT * FROM {self.events_table_name} WHERE position > ? AND position <= ? "
            f"ORDER BY position LIMIT {_READ_ROWS})"
        )
        while True:
            with self.datastore.transaction(commit=False) as c:
                c.execute(statement, (after, upto))
                text, last = c.fetchone()
            if last is None:
                return
            yield _split(text)
            after = last

    def select_streams(self, ids: Iterable[str]) -> Iterator[pa.Table]:
        """All events of the given streams, as tables of `EVENT_SCHEMA` in no particular order."""
        with self.datastore.transaction(commit=False) as c:
            c.execute("CREATE TEMP TABLE IF NOT EXISTS wanted (id TEXT PRIMARY KEY) WITHOUT ROWID")
            c.execute("DELETE FROM temp.wanted")
            c.executemany("INSERT OR IGNORE INTO temp.wanted VALUES (?)", ((i,) for i in ids))
            c.execute(
                f"SELECT e.position, e.originator_id, e.originator_version, e.topic, CAST(e.state AS TEXT) "
                f"FROM temp.wanted AS w CROSS JOIN {self.events_table_name} AS e ON e.originator_id = w.id"
            )
            while rows := c.sqlite_cursor.fetchmany(_READ_ROWS):
                columns = zip(*map(tuple, rows), strict=True)
                yield pa.table(
                    [pa.array(c, t) for c, t in zip(columns, EVENT_SCHEMA.types, strict=True)],
                    schema=EVENT_SCHEMA,
                )

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


class AppendOnlyFactory(SQLiteFactory):
    """Makes `AppendOnlyRecorder`s."""

    application_recorder_class = AppendOnlyRecorder


def _split(text: str) -> pa.Table:
    import pyarrow.compute as pc  # noqa: PLC0415 - slow to import, and only readers of the log need it

    records = pc.split_pattern(pa.array([text], pa.large_string()), _RECORD).flatten()
    fields = pc.split_pattern(records, _FIELD, max_splits=len(EVENT_SCHEMA.names) - 1).flatten()
    width = len(EVENT_SCHEMA.names)
    columns = [
        fields.take(pa.array(range(i, len(fields), width), pa.int64())).cast(kind)
        for i, kind in enumerate(EVENT_SCHEMA.types)
    ]
    return pa.table(columns, schema=EVENT_SCHEMA)
