"""Connections to the PostgreSQL server that holds a log. Imported only when a workspace names one."""

import os
import platform
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
from eventsourcing.persistence import PersistenceError
from eventsourcing.postgres import ConnectionPool, PostgresDatastore
from msgspec import Struct
from psycopg import Connection, Cursor
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row, tuple_row

from regaudit.base.errors import LogError, WorkspaceBusyError
from regaudit.base.settings import Store
from regaudit.base.source_settings import Database
from regaudit.sources.databases.failures import explain, scrub

_CONNECT_SECONDS = 10
_CONNECTIONS = 8
# A server takes a moment to notice that a process was killed.
_LOCK_SECONDS = 3
_NAME_BYTES = 63
# By the server's code for an error.
_ADVICE = (
    (r"42501", "请让数据库的属主授予权限,见 docs/operations.md"),
    (r"53...|58...", "数据库服务器的磁盘、内存或连接数不足,请处理后重新运行"),
    (r"55P03", "另一个会话锁住了事件日志:请等它结束后再试"),
    (r"|57P0[123]|08...", "连接中断:请检查网络与数据库服务器,然后重新运行"),
    (
        r"42P01|3F000",
        (
            "那里没有事件日志:请核对 store.url 与 schema,用 regaudit init --store 或 copy-log 建立;"
            "表被删除的,运行 regaudit verify 查明"
        ),
    ),
)
_OTHERWISE = "请保留现场,运行 regaudit verify 查明,勿自行修补"
_HOLDER = """
SELECT
    a.application_name, coalesce(host(a.client_addr), ''), to_char(a.backend_start, 'YYYY-MM-DD HH24:MI:SS')
FROM pg_locks AS l INNER JOIN pg_stat_activity AS a ON l.pid = a.pid
WHERE
    l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND (l.classid::bigint << 32) | l.objid::bigint = %s
"""


class Server(Struct, frozen=True):
    """Where a log is, and how to log in; `arguments` hold the password."""

    schema: str
    place: str
    arguments: dict[str, Any]
    secret: str
    database: Database

    def connect(self, program: str = "regaudit") -> "Connection[Any]":
        """A connection that commits each statement.

        Raises:
            LogError: the server does not answer, or does not let us in.
        """
        try:
            # Not the failure itself: its text may hold what the driver was given.
            return psycopg.connect(**self.arguments, autocommit=True, application_name=program)
        except psycopg.Error as error:
            failure = explain(error, self.database, "connect", self.secret)
        raise LogError(f"事件日志的数据库 {failure}")


def server_of(store: Store, home: Path) -> Server:
    """The server that settings name; nothing is connected yet.

    Raises:
        LogError: the URL is not one that the driver understands.
        RegauditError: there is no password where the settings say.
    """
    secret = store.password(home)
    try:
        given = conninfo_to_dict(store.url)
    except psycopg.Error as error:
        raise LogError(
            f"store.url 无法理解:{scrub(str(error).strip(), secret)}。"
            "应形如 postgresql://用户@主机:5432/数据库"
        ) from None
    arguments: dict[str, Any] = {
        "connect_timeout": _CONNECT_SECONDS,
        "keepalives_idle": 30,
        **given,
        "client_encoding": "utf8",
        **({"password": secret} if secret else {}),
    }
    host, port = str(given.get("host") or "本机套接字"), str(given.get("port") or 5432)
    user = str(given.get("user") or os.environ.get("PGUSER") or "当前系统用户")
    name = str(given.get("dbname") or user)
    database = Database(
        kind="postgresql", host=host, port=int(port) if port.isdigit() else 0, user=user, database=name
    )
    place = f"PostgreSQL {host}:{port}/{name}(模式 {store.schema})"
    return Server(store.schema, place, arguments, secret, database)


class LogDatastore(PostgresDatastore):
    """The library's datastore with connections as the settings say: TLS and the like, too."""

    def __init__(self, server: Server, patience: int) -> None:
        super().__init__(
            dbname="",
            host="",
            port="",
            user="",
            password="",
            schema=server.schema,
            originator_id_type="text",
            lock_timeout=patience,
        )
        self.server = server
        self.pool = ConnectionPool(
            connection_class=Connection[Any],
            kwargs={**server.arguments, "application_name": "regaudit", "row_factory": dict_row},
            min_size=0,
            max_size=_CONNECTIONS,
            num_workers=1,
            open=False,
            configure=self.after_connect_func(),
            check=ConnectionPool.check_connection,
            timeout=_CONNECT_SECONDS,
            reconnect_timeout=_CONNECT_SECONDS,
        )

    @contextmanager
    def reading(self) -> Iterator["Cursor[Any]"]:
        """A transaction that sees one state of the log and changes nothing; rows are tuples."""
        with self.get_connection() as connection, connection.transaction(force_rollback=True):
            cursor = connection.cursor(row_factory=tuple_row, binary=True)
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            yield cursor

    @contextmanager
    def writing(self) -> Iterator["Cursor[Any]"]:
        """A transaction that is on the server's disk when it ends, or leaves nothing; rows are tuples."""
        with self.get_connection() as connection, connection.transaction():
            cursor = connection.cursor(row_factory=tuple_row, binary=True)
            cursor.execute("SET LOCAL synchronous_commit = on")
            yield cursor


def advice(error: PersistenceError) -> str:
    """What to do about a failure of the server (Chinese)."""
    state = str(getattr(error.__cause__ or error, "sqlstate", None) or "")
    return next((words for pattern, words in _ADVICE if re.fullmatch(pattern, state)), _OTHERWISE)


@contextmanager
def server_lock(store: Store, home: Path, command: str, name: str) -> Iterator[None]:
    """Hold a lock of the log across machines; the server frees it when the connection ends.

    `name` follows the schema's in what its number is made from.

    Raises:
        WorkspaceBusyError: another one holds it; the message says which and since when.
        LogError: the server does not answer, or does not let us in.
    """
    server = server_of(store, home)
    program = f"regaudit {command}:{os.getpid()}@{platform.node()}"[:_NAME_BYTES]
    number = int.from_bytes(sha256(f"regaudit {store.schema}{name}".encode()).digest()[:8], signed=True)
    with server.connect(program) as connection:
        connection.execute(f"SET lock_timeout = '{_LOCK_SECONDS}s'")
        try:
            connection.execute("SELECT pg_advisory_lock(%s)", (number,))
        except psycopg.errors.LockNotAvailable:
            raise WorkspaceBusyError(_busy(server, connection, number)) from None
        try:
            yield
        finally:
            # So that the next one finds it free; a server that is gone has freed it.
            with suppress(psycopg.Error):
                connection.execute("SELECT pg_advisory_unlock(%s)", (number,))


def _busy(server: Server, connection: "Connection[Any]", number: int) -> str:
    holders = connection.execute(_HOLDER, (number,)).fetchall()
    program, address, since = holders[0] if holders else ("", "", "")
    who = program + (f",来自 {address}" if address else "") + (f",自 {since} 起" if since else "")
    return f"事件日志 {server.place} 正由另一个进程写入({who or '不详'}):请等它结束后再试"
