"""Databases of registration platforms on real servers: a schema of its own for every test."""

import contextlib
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import polars as pl
import psycopg
import pymysql
import pytest
from servers import port

from regaudit.base.source_settings import Database, Source
from regaudit.sources.databases.fetch import Fetched, OnRows, fetch

NOW = datetime(2026, 3, 31, 22, 30)
ZONE = "Asia/Shanghai"
VARIABLE, FILE, GONE = "PLATFORM_PHRASE", "phrase", "gone"
PHRASE = "Tr0ub4dor/东胜 &3"
KINDS = pytest.mark.parametrize("kind", ["postgresql", "mysql"])
WIDE_ROWS = {
    "postgresql": "SELECT g AS id, repeat('x', 1000) AS filler FROM generate_series(1, {count}) AS g",
    "mysql": "SELECT seq AS id, repeat('x', 1000) AS filler FROM seq_1_to_{count}",
}
MEGABYTE = 1 << 20


def log_in(kind: str) -> Any:
    """A connection of the server's master."""
    at: dict[str, Any] = {"host": "127.0.0.1", "port": port(kind), "user": "root", "autocommit": True}
    if kind == "postgresql":
        return psycopg.connect(dbname="test", connect_timeout=5, **at)
    # A platform writes in its own zone; the server keeps a `timestamp` in UTC.
    return pymysql.connect(connect_timeout=5, init_command="SET time_zone = '+08:00'", **at)


class Platform:
    """A registration platform's database: a schema (PostgreSQL) or database (MariaDB) for one test."""

    def __init__(self, kind: str, home: Path) -> None:
        self.kind, self.home, self.name = kind, home, f"regaudit_{uuid4().hex[:12]}"
        self.user = self.name
        self._master = log_in(kind)

    def __enter__(self) -> "Platform":
        self.do(f"CREATE {'SCHEMA' if self.kind == 'postgresql' else 'DATABASE'} {self.name}")
        self.do(
            f"CREATE TABLE {self.name}.log (id integer PRIMARY KEY, name varchar(40), op_time timestamp NULL)"
        )
        return self

    def __exit__(self, *_: object) -> None:
        if self.kind == "postgresql":
            self.do(f"DROP SCHEMA {self.name} CASCADE")
            with contextlib.suppress(psycopg.errors.UndefinedObject):
                self.do(f"DROP OWNED BY {self.user}")
            self.do(f"DROP ROLE IF EXISTS {self.user}")
        else:
            self.do(f"DROP DATABASE {self.name}")
            self.do(f"DROP USER IF EXISTS {self.user}@'127.0.0.1'")
        self._master.close()

    def do(self, statement: str, *parameters: object) -> list[Any]:
        with self._master.cursor() as cursor:
            cursor.execute(statement, parameters or None)
            return list(cursor.fetchall()) if cursor.description else []

    def add(self, *rows: tuple[int, str, str | None]) -> None:
        for row in rows:
            self.do(f"INSERT INTO {self.name}.log VALUES (%s, %s, %s)", *row)

    def count(self) -> int:
        [(found,)] = self.do(f"SELECT count(*) FROM {self.name}.log")
        return int(found)

    def add_user(self) -> None:
        """A user with a password and no right to read anything."""
        if self.kind == "postgresql":
            self.do(f"CREATE ROLE {self.user} LOGIN PASSWORD '{PHRASE}'")
        else:
            self.do(f"CREATE USER {self.user}@'127.0.0.1' IDENTIFIED BY '{PHRASE}'")

    def source(self, query: str, **words: Any) -> Source:
        settings: dict[str, Any] = {
            "kind": self.kind,
            "host": "127.0.0.1",
            "port": port(self.kind),
            "user": "root",
            "database": "test" if self.kind == "postgresql" else self.name,
        }
        return Source(
            name="平台库",
            query=query.replace("LOG", f"{self.name}.log"),
            database=Database(**settings | words),
        )

    def fetch(
        self, query: str, reached: str | None = None, progress: OnRows | None = None, **words: Any
    ) -> Fetched:
        return fetch(
            self.source(query, **words),
            self.home,
            self.folder,
            watermark=reached,
            zone=ZONE,
            now=NOW,
            progress=progress or (lambda *_: None),
        )

    @property
    def folder(self) -> Path:
        return self.home / "fetched"

    def rows(self, query: str, **words: Any) -> list[tuple[Any, ...]]:
        return pl.read_parquet(self.fetch(query, **words).path).rows()

    def left_behind(self) -> list[Path]:
        return list(self.folder.iterdir()) if self.folder.exists() else []


Open = Callable[[str], Platform]


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Open]:
    with contextlib.ExitStack() as opened:
        yield lambda kind: opened.enter_context(Platform(kind, tmp_path))
