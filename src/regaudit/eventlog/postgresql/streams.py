"""Reads the streams of a log in PostgreSQL, as far as its last checkpoint covers them."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

import pyarrow as pa
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder
from psycopg import Cursor
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composed, Identifier

from regaudit.eventlog.batches import EVENT_SCHEMA, plain_table
from regaudit.eventlog.postgresql.server import LogDatastore
from regaudit.eventlog.postgresql.tree import PostgresqlTree
from regaudit.eventlog.sqlite.schema import EVENTS
from regaudit.eventlog.stream_prefix import behind
from regaudit.eventlog.tree.covered import FIRST, Cover

_READ_ROWS = 50_000
_FEW_STREAMS = 1_000
_COLUMNS = ", ".join(EVENT_SCHEMA.names)
COVERED = f"position BETWEEN {FIRST} AND %s"
"""The condition on what may be read."""
_MOST = (1 << 63) - 1


class PostgresqlStreams(PostgresApplicationRecorder):
    """The part of the recorder that reads streams."""

    cover: Cover
    """Set by whoever opens the log, before any event is read."""
    datastore: LogDatastore
    _schema: str

    def versions(self, ids: Iterable[str]) -> dict[str, int]:
        """The versions of the last events of the given streams; those without any are left out."""
        joined = f"unnest(%s::text[]) AS w (id) INNER JOIN {{}}.{EVENTS} ON originator_id = id"
        statement = f"SELECT id, max(originator_version) FROM {joined} WHERE {COVERED} GROUP BY id"
        return dict(self._all_covered(statement, list(ids)))

    def select_streams(self, ids: Iterable[str], *, is_covered: bool = True) -> Iterator[pa.Table]:
        """All events of the given streams, as tables of `EVENT_SCHEMA` in no particular order.

        `is_covered` leaves out what no checkpoint covers; only a verification takes it.
        """
        rest = iter(ids)
        few = list(islice(rest, _FEW_STREAMS))
        with self.datastore.reading() as c:
            upto = self.cover.size(self.tree_in(c)) if is_covered else _MOST
            wanted = "SELECT unnest(%s::text[])"
            values: list[Any] = [few]
            if len(few) == _FEW_STREAMS:
                c.execute("CREATE TEMP TABLE wanted (id text) ON COMMIT DROP")
                with c.copy("COPY wanted FROM STDIN") as copy:
                    for name in chain(few, rest):
                        copy.write_row([name])
                c.execute("ANALYZE wanted")
                wanted, values = "SELECT id FROM wanted", []
            statement = (
                f"SELECT {_COLUMNS} FROM {{}}.{EVENTS} WHERE originator_id IN ({wanted}) AND {COVERED}"
            )
            with c.connection.cursor("streams", row_factory=tuple_row) as cursor:
                cursor.execute(self._sql(statement), [*values, upto], binary=True)
                while rows := cursor.fetchmany(_READ_ROWS):
                    yield plain_table(rows)

    def select_prefix(
        self, prefix: str, after: int, upto: int | None = None, *, is_covered: bool = True
    ) -> Iterator[pa.Table]:
        """The events behind a position, up to another, of all streams that begin with a prefix.

        They are tables of `EVENT_SCHEMA` in no particular order; the prefix ends in an ASCII character.
        `is_covered` as in `select_streams`.
        """
        statement = (
            f"SELECT {_COLUMNS} FROM {{}}.{EVENTS} WHERE originator_id >= %s AND originator_id < %s "
            f"AND position > %s AND {COVERED}"
        )
        with self.datastore.reading() as c:
            covered = self.cover.size(self.tree_in(c)) if is_covered else _MOST
            last = covered if upto is None else min(upto, covered)
            with c.connection.cursor("prefix", row_factory=tuple_row) as cursor:
                cursor.execute(self._sql(statement), [prefix, behind(prefix), after, last], binary=True)
                while rows := cursor.fetchmany(_READ_ROWS):
                    yield plain_table(rows)

    def first_version_after(self, stream: str, position: int) -> int | None:
        """The version of a stream's first event behind a position; None when there is none."""
        statement = (
            f"SELECT min(originator_version) FROM {{}}.{EVENTS} "
            f"WHERE originator_id = %s AND position > %s AND {COVERED}"
        )
        version: int | None = self._all_covered(statement, stream, position)[0][0]
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
        at_most = "ALL" if limit is None else limit
        statement = (
            f"SELECT originator_id, originator_version, topic, state FROM {{}}.{EVENTS} "
            "WHERE originator_id = %s AND (%s::bigint IS NULL OR originator_version > %s) "
            f"AND (%s::bigint IS NULL OR originator_version <= %s) AND {COVERED} "
            f"ORDER BY originator_version {'DESC' if desc else 'ASC'} LIMIT {at_most}"
        )
        found = self._all_covered(statement, str(originator_id), gt, gt, lte, lte)
        return [StoredEvent(*row) for row in found]

    def _all_covered(self, statement: str, *values: Any) -> list[Any]:
        """The rows of a statement whose last condition is `COVERED`."""
        with self.datastore.reading() as c:
            upto = self.cover.size(self.tree_in(c))
            return c.execute(self._sql(statement), (*values, upto)).fetchall()

    def tree_in(self, c: "Cursor[Any]") -> PostgresqlTree:
        """The tree and the checkpoints within the transaction of `c`."""
        return PostgresqlTree(c, self._schema)

    def _all(self, statement: str, *values: Any) -> list[Any]:
        with self.datastore.reading() as c:
            return c.execute(self._sql(statement), values).fetchall()

    def _sql(self, statement: str) -> Composed:
        return SQL(statement).format(Identifier(self._schema))
