"""Questions to a log in PostgreSQL that only a verification asks."""

from typing import Any

from psycopg.sql import SQL, Identifier

from regaudit.eventlog.postgresql.schema import LOCK, REFUSE, TABLES, TRIGGER, columns, function_source
from regaudit.eventlog.postgresql.server import LogDatastore
from regaudit.eventlog.sqlite.inspection import definition_fault
from regaudit.eventlog.sqlite.schema import EVENTS
from regaudit.eventlog.tree.growth import Row

_TABLE = """
SELECT c.oid, c.relkind = 'r' AND NOT c.relrowsecurity AND c.relpersistence = 'p'
    AND NOT EXISTS (SELECT FROM pg_inherits AS i WHERE c.oid IN (i.inhrelid, i.inhparent))
    AND NOT EXISTS (SELECT FROM pg_rewrite AS r WHERE r.ev_class = c.oid)
    AND NOT EXISTS (
        SELECT FROM pg_index AS i WHERE i.indrelid = c.oid AND NOT (i.indisvalid AND i.indisready))
FROM pg_class AS c WHERE c.relnamespace = to_regnamespace(%s) AND c.relname = %s
"""
_COLUMNS = """
SELECT attname::text, format_type(atttypid, NULL) || CASE WHEN attnotnull THEN '' ELSE ' NULL' END
FROM pg_attribute WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
_KEYS = """
SELECT count(*)::int FROM pg_constraint WHERE conrelid = %s AND contype IN ('p', 'u') AND convalidated
"""
# 58: before UPDATE, DELETE and TRUNCATE, for a statement.
_TRIGGERS = """
SELECT
    t.tgname::text,
    t.tgenabled::text = 'A' AND t.tgtype = 58 AND t.tgqual IS NULL AND t.tgattr = ''::int2vector
    AND p.proname = %s AND p.pronamespace = to_regnamespace(%s)
FROM pg_trigger AS t INNER JOIN pg_proc AS p ON t.tgfoid = p.oid
WHERE t.tgrelid = %s AND NOT t.tgisinternal
"""
_FUNCTION = "SELECT prosrc FROM pg_proc WHERE pronamespace = to_regnamespace(%s) AND proname = %s"
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
        """What is wrong with tables and triggers (Chinese); empty where nothing is. No event is read."""
        missing: list[str] = []
        changed: list[str] = []
        added: list[str] = []
        for table in TABLES:
            found = self._all(_TABLE, self._schema, table)
            if not found:
                missing.append(table)
                continue
            [(oid, is_plain)] = found
            if not (is_plain and self._has_columns_and_keys(table, oid)):
                changed.append(table)
            triggers = dict(self._all(_TRIGGERS, REFUSE, self._schema, oid))
            if TRIGGER not in triggers:
                missing.append(f"{table}.{TRIGGER}")
            elif not triggers.pop(TRIGGER):
                changed.append(f"{table}.{TRIGGER}")
            added += [f"{table}.{name}" for name in triggers]
        for name in (REFUSE, LOCK):
            sources = self._all(_FUNCTION, self._schema, name)
            if not sources:
                missing.append(name)
            elif sources != [(function_source(name, self._schema),)]:
                changed.append(name)
        return definition_fault(missing=missing, changed=changed, added=added)

    def _has_columns_and_keys(self, table: str, oid: int) -> bool:
        keys = 2 if table == EVENTS else 1
        return self._all(_COLUMNS, oid) == columns(table) and self._one(_KEYS, oid) == keys

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

    def given_positions(self) -> int:
        """Nothing: no sequence notes here which positions were given; checkpoints and the mirror do."""
        return 0

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

    def event_at(self, position: int) -> Row | None:
        """The event at a position, as it lies there."""
        return self._event("position = %s", position)

    def event_of(self, stream: str, version: int) -> Row | None:
        """The event of a stream with a version."""
        return self._event("originator_id = %s AND originator_version = %s", stream, version)

    def streams(self, prefix: str) -> list[str]:
        """The names of all streams that begin with a prefix, which ends in an ASCII character."""
        behind = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        statement = (
            f"SELECT DISTINCT originator_id FROM {{}}.{EVENTS} "
            'WHERE originator_id >= %s COLLATE "C" AND originator_id < %s COLLATE "C"'
        )
        return [row[0] for row in self._all(statement, prefix, behind)]

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
