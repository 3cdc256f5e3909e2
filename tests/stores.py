"""The stores that hold a log, as tests make, read and attack them: without our own code."""

import re
import sqlite3
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from servers import port

from regaudit.base.settings import Store
from regaudit.eventlog.postgresql.schema import statements

KINDS = ["sqlite", "postgresql"]
BOTH_STORES = pytest.mark.parametrize("store_kind", KINDS)
SLOWLY_ON_POSTGRESQL = pytest.mark.parametrize(
    "store_kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)]
)
ON_POSTGRESQL = pytest.mark.parametrize("store_kind", ["postgresql"])
APPENDER_PHRASE = "Tr0ub4dor-3"
TABLES = ("stored_events", "tree_nodes", "checkpoints", "log_facts")
# A table that is being extended has another exclusive lock, on that.
_APPENDING = (
    "SELECT pid FROM pg_locks WHERE locktype = 'relation' AND mode = 'ExclusiveLock' AND granted "
    "AND relation = to_regclass(%s)::oid"
)
_DIALECT = (
    (r"CAST\(state AS TEXT\)", "convert_from(state, 'UTF8')"),
    (r"CAST\((replace\(.*\)|\w+) AS BLOB\)", r"convert_to(\1::text, 'UTF8')"),
    (r"zeroblob\((\d+)\)", r"decode(repeat('00', \1), 'hex')"),
    (r"instr\(", "strpos("),
    (r"\?", "%s"),
)


def server() -> str:
    """The URL of the server's database for tests."""
    return f"postgresql://root@127.0.0.1:{port('postgresql')}/test"


@contextmanager
def new_store(kind: str) -> Iterator[Store]:
    """A store for one test; a schema of the server's is dropped afterwards."""
    if kind == "sqlite":
        yield Store()
        return
    store = Store(url=server(), schema=f"regaudit_{uuid4().hex[:12]}")
    try:
        yield store
    finally:
        with master() as db:
            db.execute(f"DROP SCHEMA IF EXISTS {store.schema} CASCADE")


@contextmanager
def copied_store(store: Store) -> Iterator[Store]:
    """A copy of a log in a schema of its own; one that is a file lies in a folder that the caller copies."""
    with new_store("postgresql" if store.url else "sqlite") as copy:
        if store.url:
            with master() as db:
                for statement in statements(copy.schema):
                    db.execute(statement)
                for table in TABLES:
                    db.execute(f"INSERT INTO {copy.schema}.{table} SELECT * FROM {store.schema}.{table}")
        yield copy


@contextmanager
def master() -> Iterator["psycopg.Connection[Any]"]:
    """The server's master."""
    with psycopg.connect(server(), autocommit=True, connect_timeout=5) as connection:
        yield connection


def advisory_numbers(schema: str) -> list[int]:
    """The numbers of a log's locks of runs and imports."""
    names = (f"regaudit {schema}", f"regaudit {schema} import")
    return [int.from_bytes(sha256(name.encode()).digest()[:8], signed=True) for name in names]


def advisory_sessions(schema: str) -> list[int]:
    """The sessions that hold a log's locks of runs and imports."""
    with master() as db:
        found = db.execute(
            "SELECT DISTINCT pid FROM pg_locks WHERE locktype = 'advisory' AND granted "
            "AND (classid::bigint << 32) | objid::bigint = ANY(%s)",
            (advisory_numbers(schema),),
        ).fetchall()
    return [pid for (pid,) in found]


@contextmanager
def appender(store: Store) -> Iterator[Store]:
    """A role as `docs/operations.md` makes it: it may append and read."""
    name = f"{store.schema}_appender"
    with master() as db:
        db.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{APPENDER_PHRASE}'")
        db.execute(f"GRANT USAGE ON SCHEMA {store.schema} TO {name}")
        db.execute(f"GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA {store.schema} TO {name}")
        db.execute(f"GRANT EXECUTE ON FUNCTION {store.schema}.lock_log() TO {name}")
        try:
            yield Store(url=server().replace("root@", f"{name}@"), schema=store.schema)
        finally:
            db.execute(f"DROP OWNED BY {name}")
            db.execute(f"DROP ROLE {name}")


def schema_of(home: Path) -> str:
    """The schema of a workspace's log; empty where it is a file."""
    path = home / "regaudit.toml"
    settings = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return str(settings.get("store", {}).get("schema", ""))


def appending(schema: str) -> list[int]:
    """The sessions that append to a log on the server at the moment."""
    with master() as db:
        found = db.execute(_APPENDING, (f"{schema}.{TABLES[0]}",)).fetchall()
    return [pid for (pid,) in found]


def is_growing(home: Path) -> bool:
    """Whether somebody appends to a workspace's log at the moment."""
    if schema := schema_of(home):
        return bool(appending(schema))
    return any(path.stat().st_size for path in home.glob("events.sqlite-journal"))


class Database:
    """A log's database, in the words of SQLite."""

    def __init__(self, connection: Any, *, is_server: bool) -> None:
        self._connection, self.is_server = connection, is_server

    def execute(self, statement: str, values: Sequence[Any] = ()) -> Any:
        return self._connection.execute(self._words(statement), values)

    def executemany(self, statement: str, values: Sequence[Sequence[Any]]) -> None:
        cursor = self._connection.cursor()
        cursor.executemany(self._words(statement), values)

    def _words(self, statement: str) -> str:
        for pattern, words in _DIALECT if self.is_server else ():
            statement = re.sub(pattern, words, statement)
        return statement


@contextmanager
def opened_log(home: Path) -> Iterator[Database]:
    """The log of a workspace with all rights; what is done is committed."""
    if schema := schema_of(home):
        with master() as connection, connection.transaction():
            connection.execute(f"SET LOCAL search_path = {schema}")
            yield Database(connection, is_server=True)
        return
    with closing(sqlite3.connect(home / "events.sqlite")) as file, file:
        yield Database(file, is_server=False)
