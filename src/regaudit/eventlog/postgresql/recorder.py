"""The PostgreSQL recorder: positions of our own, append only. Imported only when a workspace names a server.

`eventsourcing` numbers events by a sequence, which leaves gaps where a transaction fails. Here a position is
one more than the last, given under a lock on the table: it has no gaps, as on SQLite.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any

import pyarrow as pa
from eventsourcing.persistence import Notification, StoredEvent
from psycopg import Cursor

from regaudit.base.errors import LogError
from regaudit.base.prefetch import Ahead
from regaudit.eventlog.batches import EVENT_SCHEMA, joined_table, new_table
from regaudit.eventlog.blocks import COLUMNS as BLOCK_COLUMNS
from regaudit.eventlog.blocks import SEPARATOR, Block, digest
from regaudit.eventlog.postgresql.inspection import PostgresqlInspection
from regaudit.eventlog.postgresql.schema import LOCK, TABLES, columns, statements
from regaudit.eventlog.postgresql.server import LogDatastore
from regaudit.eventlog.postgresql.streams import COVERED, PostgresqlStreams
from regaudit.eventlog.postgresql.tree import PostgresqlTree
from regaudit.eventlog.sqlite.schema import EVENTS
from regaudit.eventlog.tree.covered import FIRST
from regaudit.eventlog.tree.growth import Grown, Growth
from regaudit.eventlog.version_conflict import noticing_conflicts

_READ_ROWS = 50_000
_JOINED_ROWS = 5_000
_COLUMNS = ", ".join(EVENT_SCHEMA.names)


class PostgresqlRecorder(PostgresqlStreams):
    """Stores events under positions 1, 2, 3 … that are never reused, with the tree over them."""

    growth: Growth
    """Set by whoever opens the log, before anything is appended."""

    def __init__(self, datastore: LogDatastore) -> None:
        super().__init__(datastore, events_table_name=EVENTS)
        datastore.db_type_names.clear()
        self._schema = datastore.schema
        self._copy = self._sql(f"COPY {{}}.{EVENTS} FROM STDIN (FORMAT binary)")
        self._types = [kind.replace("bigint", "int8") for _, kind in columns(EVENTS)]

    def create_table(self) -> None:
        """Make the tables where there are none; that needs more rights than appending does.

        Raises:
            LogError: some of them are there and some are not, or the database does not store UTF-8.
        """
        with self.datastore.writing() as c:
            c.execute(
                "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(%s) AND relkind = 'r'",
                (self._schema,),
            )
            found = {name for (name,) in c.fetchall()} & set(TABLES)
            if found == set(TABLES):
                return
            if found:
                missing = "、".join(sorted(set(TABLES) - found))
                raise LogError(
                    f"事件日志 {self.datastore.server.place} 缺少表 {missing}:请保留现场,从备份恢复"
                )
            c.execute("SELECT current_setting('server_encoding')")
            [(encoding,)] = c.fetchall()
            if encoding != "UTF8":
                raise LogError(
                    f"{self.datastore.server.place} 的编码是 {encoding}:请用 ENCODING 'UTF8' 的数据库"
                )
            for statement in statements(self._schema):
                c.execute(statement)

    def write_facts(self, facts: Mapping[str, str], checkpoint: str) -> None:
        """Begin the log: what it says of itself, and its checkpoint without events, in one transaction."""
        with self.datastore.writing() as c:
            self.add_facts(c, facts)
            self.tree_in(c).add_checkpoint(0, checkpoint)

    def add_facts(self, c: "Cursor[Any]", facts: Mapping[str, str]) -> None:
        """Store what the log says of itself within the transaction of `c`."""
        c.executemany(self._sql("INSERT INTO {}.log_facts VALUES (%s, %s)"), list(facts.items()))

    def facts(self) -> dict[str, str]:
        """What the log says of itself; nothing where making it was cut off."""
        with self.datastore.reading() as c:
            return self.facts_in(c)

    def facts_in(self, c: "Cursor[Any]") -> dict[str, str]:
        """What the log says of itself, within the transaction of `c`."""
        return dict(c.execute(self._sql("SELECT name, value FROM {}.log_facts")).fetchall())

    def checkpoints(self) -> list[tuple[int, str]]:
        """Sizes and notes of all checkpoints, the smallest first."""
        return self._all("SELECT size, note FROM {}.checkpoints ORDER BY size")

    def checkpoint_covering(self, position: int) -> tuple[int, str] | None:
        """Size and note of the first checkpoint that covers a position."""
        statement = "SELECT size, note FROM {}.checkpoints WHERE size >= %s ORDER BY size LIMIT 1"
        return next(iter(self._all(statement, position)), None)

    @contextmanager
    def tree(self) -> Iterator[PostgresqlTree]:
        """The tree and the checkpoints, to be read within one transaction."""
        with self.datastore.reading() as c:
            yield self.tree_in(c)

    def inspection(self) -> PostgresqlInspection:
        """What a verification asks."""
        return PostgresqlInspection(self.datastore)

    def append(self, c: "Cursor[Any]", grown: Grown) -> None:
        """Append what the log grew by within the transaction of `c`: the one way in, for all events."""
        self.tree_in(c).add_nodes(grown.nodes)
        self.store(c, zip(*(column.to_pylist() for column in grown.events.columns), strict=True))

    def store(self, c: "Cursor[Any]", rows: Iterable[Sequence[Any]]) -> None:
        """Store events with their positions and leaves, which are given, within the transaction of `c`."""
        with c.copy(self._copy) as copy:
            copy.set_types(self._types)
            for row in rows:
                copy.write_row(row)

    def append_batches(self, batches: Iterable[pa.Table]) -> tuple[int, int]:
        """Append all batches, of `batches.NEW_SCHEMA`, in one transaction: all or, on any error, none.

        Returns:
            The last position before, and the last position after.
        """
        with noticing_conflicts(), self.appending() as c:
            self.growth.begin(self.tree_in(c))
            for grown in Ahead(map(self.growth.extend, batches)):
                self.append(c, grown)
            return self.growth.close(self.tree_in(c))

    def settled_position(self) -> int:
        """The position of the last event, once no append is under way: one whose connection was lost, too."""
        with self.appending() as c:
            return self.tree_in(c).last_position()

    @contextmanager
    def appending(self) -> Iterator["Cursor[Any]"]:
        """A writing transaction while nobody else appends; others go on reading."""
        with self.datastore.writing() as c:
            c.execute(f"SET LOCAL lock_timeout = '{self.datastore.lock_timeout}s'")
            c.execute(self._sql(f"SELECT {{}}.{LOCK}()"))
            yield c

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> Sequence[int]:
        """Append events; not tried again: a commit whose answer was lost may have been made."""
        before, after = self.append_batches([new_table(stored_events)])
        return range(before + 1, after + 1)

    def read(self, *, after: int, upto: int, schema: pa.Schema = EVENT_SCHEMA) -> Iterator[pa.Table]:
        """Stored events with `after` < position ≤ `upto`, in order, as tables of a schema of `batches`.

        The server joins the values of a column to one, so that no event costs Python anything. Nothing is
        held between one table and the next.

        Raises:
            pa.ArrowInvalid: a stored value is not of its column's type.
        """
        statement = self._sql(
            f"SELECT {', '.join(chain.from_iterable(map(_joined, schema)))} FROM "
            f"(SELECT * FROM {{}}.{EVENTS} WHERE position > %s AND position <= %s ORDER BY position) AS e"
        )
        for first in range(max(after, FIRST - 1), upto, _READ_ROWS):
            stop = min(first + _READ_ROWS, upto)
            with self.datastore.reading() as c:
                rows = [
                    c.execute(statement, (start, min(start + _JOINED_ROWS, stop))).fetchone()
                    for start in range(first, stop, _JOINED_ROWS)
                ]
            if pages := [joined_table(row, schema) for row in rows if row and row[0] is not None]:
                yield pa.concat_tables(pages)

    def digests(self, blocks: Sequence[Block]) -> Iterator[str | None]:
        """The digests of blocks as stored now, in order; None where a block's events are not all there."""
        joined = (
            f"string_agg({_as_bytes(name)}, '\\x{ord(SEPARATOR):02x}'::bytea)" for name in BLOCK_COLUMNS
        )
        statement = self._sql(
            f"SELECT count(*), {', '.join(joined)} FROM "
            f"(SELECT * FROM {{}}.{EVENTS} WHERE position BETWEEN %s AND %s ORDER BY position) AS e"
        )
        for block in blocks:
            with self.datastore.reading() as c:
                [(count, *values)] = c.execute(statement, (block.first, block.last)).fetchall()
            yield digest(values) if count == block.last - block.first + 1 else None

    def stretches(self, _known: Container[Block], _after: int = 0) -> Iterator[Block]:
        """None: where events lie is the server's own affair."""
        return iter(())

    def close_file(self) -> None:
        """Nothing: no file is open."""

    def max_notification_id(self) -> int | None:
        """The position of the last event; None without any."""
        with self.datastore.reading() as c:
            return self.tree_in(c).last_position() or None

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
        statement = (
            f"SELECT {_COLUMNS} FROM (SELECT {_COLUMNS} FROM {{}}.{EVENTS} WHERE position >= %s "
            "AND (%s::bigint IS NULL OR position <= %s) AND (%s OR topic = ANY(%s::text[])) "
            f"ORDER BY position LIMIT %s) AS e WHERE {COVERED} ORDER BY position"
        )
        found = self._all_covered(statement, max(first, FIRST), stop, stop, not topics, list(topics), limit)
        return [
            Notification(id=p, originator_id=i, originator_version=v, topic=t, state=s)
            for p, i, v, t, s in found
        ]


def _joined(field: pa.Field) -> tuple[str, str]:
    """SQL for a column's values as one and for their lengths, as `batches.joined_table` takes them."""
    if pa.types.is_integer(field.type):
        return f"convert_to(string_agg({field.name}::text, ','), 'UTF8')", "NULL"
    lengths = f"string_agg(octet_length({field.name})::text, ',')"
    return f"string_agg({_as_bytes(field.name)}, ''::bytea)", f"convert_to({lengths}, 'UTF8')"


def _as_bytes(column: str) -> str:
    return column if column in ("state", "leaf") else f"convert_to({column}::text, 'UTF8')"
