"""Questions to a log in PostgreSQL that only a verification asks."""

from typing import Any

from psycopg.sql import SQL, Identifier

from regaudit.eventlog.postgresql.definitions import altered_definitions
from regaudit.eventlog.postgresql.schema import columns
from regaudit.eventlog.postgresql.server import LogDatastore
from regaudit.eventlog.sqlite.schema import EVENTS
from regaudit.eventlog.stream_prefix import behind
from regaudit.eventlog.tree.growth import Row

_BY_TABLE = ("indexscan", "bitmapscan", "indexonlyscan")


class PostgresqlInspection:
    """Reads a log in PostgreSQL for its verification."""

    def __init__(self, datastore: LogDatastore) -> None:
        self._datastore = datastore
        self._schema = datastore.schema

    def structure_fault(self) -> str:
        """What is wrong with the tables, their triggers or indexes (Chinese); empty where nothing is."""
        return self.altered_definitions() or self._index_fault()

    def altered_definitions(self) -> str:
        """What is wrong with what the catalogue says (Chinese); empty where nothing is. No event is read."""
        with self._datastore.reading() as c:
            return altered_definitions(c, self._schema)

    def _index_fault(self) -> str:
        """Whether the events that the index shows are those that the table holds."""
        counted = f"SELECT count(*), min(position), max(position) FROM {{}}.{EVENTS}"
        ordered = counted.replace("FROM {}", "FROM (SELECT position FROM {}") + " ORDER BY position) AS e"
        with self._datastore.reading() as c:
            for plan in _BY_TABLE:
                c.execute(f"SET LOCAL enable_{plan} = off")
            in_table = c.execute(self._sql(counted)).fetchall()
            for plan in _BY_TABLE:
                c.execute(f"SET LOCAL enable_{plan} = on")
            c.execute("SET LOCAL enable_seqscan = off")
            in_index = c.execute(self._sql(ordered)).fetchall()
        return "" if in_table == in_index else "索引与表不符:数据库文件损坏,或索引被改动"

    def given_positions(self) -> int | None:
        """None: no sequence notes here which positions were given; checkpoints and the mirror do."""
        return None

    def before_first(self) -> int | None:
        """The lowest position where it is below 1: nothing that this program appends stands there."""
        return self._one(f"SELECT min(position) FROM {{}}.{EVENTS} WHERE position < 1")

    def first_malformed(self, after: int, upto: int) -> int | None:
        """The first position behind `after` up to `upto` with a value that is not there at all."""
        missing = " OR ".join(f"{name} IS NULL" for name, _ in columns(EVENTS))
        return self._one(
            f"SELECT min(position) FROM {{}}.{EVENTS} WHERE position > %s AND position <= %s AND ({missing})",
            after,
            upto,
        )

    def node_count(self) -> int:
        """How many nodes of the tree are stored."""
        return self._one("SELECT count(*) FROM {}.tree_nodes") or 0

    def node_counts(self) -> dict[int, tuple[int, int]]:
        """By level, how many nodes of the tree are stored, and the highest number among them."""
        return {
            level: (count, last)
            for level, count, last in self._all(
                "SELECT level, count(*)::int, max(number) FROM {}.tree_nodes GROUP BY level"
            )
        }

    def checkpoint_sizes(self) -> tuple[int, int]:
        """The least and the greatest size of a checkpoint."""
        [(least, greatest)] = self._all("SELECT min(size), max(size) FROM {}.checkpoints")
        return least or 0, greatest or 0

    def event_at(self, position: int) -> Row | None:
        """The event at a position, as it lies there."""
        return self._event("position = %s", position)

    def event_of(self, stream: str, version: int) -> Row | None:
        """The event of a stream with a version."""
        return self._event("originator_id = %s AND originator_version = %s", stream, version)

    def streams(self, prefix: str) -> list[str]:
        """The names of all streams that begin with a prefix, which ends in an ASCII character."""
        statement = (
            f"SELECT DISTINCT originator_id FROM {{}}.{EVENTS} "
            'WHERE originator_id >= %s COLLATE "C" AND originator_id < %s COLLATE "C"'
        )
        return [row[0] for row in self._all(statement, prefix, behind(prefix))]

    def _event(self, where: str, *values: Any) -> Row | None:
        names = "originator_id, originator_version, topic, state"
        found = self._all(f"SELECT {names} FROM {{}}.{EVENTS} WHERE {where}", *values)
        return found[0] if found else None

    def _one(self, statement: str, *values: Any) -> int | None:
        [(value,)] = self._all(statement, *values)
        return value if value is None else int(value)

    def _all(self, statement: str, *values: Any) -> list[Any]:
        with self._datastore.reading() as c:
            return c.execute(self._sql(statement), values).fetchall()

    def _sql(self, statement: str) -> Any:
        return SQL(statement).format(Identifier(self._schema))
