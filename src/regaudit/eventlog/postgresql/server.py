"""Connections to the PostgreSQL server that holds a log. Imported only when a workspace names one."""

import os
import platform
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
from eventsourcing.postgres import ConnectionPool, PostgresDatastore
from msgspec import Struct
from psycopg import Connection, Cursor
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row, tuple_row

from regaudit.base.errors import LockLostError, LockUnprovenError, LogError, WorkspaceBusyError
from regaudit.base.settings import Store
from regaudit.base.source_settings import Database
from regaudit.base.store_failures import store_failure
from regaudit.eventlog.held import NOTHING_MORE, Proof
from regaudit.sources.databases.failures import explain, scrub

_CONNECT_SECONDS = 10
_CONNECTIONS = 8
# A server takes a moment to notice that a process was killed.
_LOCK_SECONDS = 3
_NAME_BYTES = 63
# A lock is held by a session: what keeps that alive, and shows within a minute that the network is gone.
_KEPT_ALIVE = {
    "keepalives": 1,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
# Those of them that the server knows: older ones have fewer.
_NO_IDLE_LIMIT = """
SELECT set_config(name, '0', false) FROM pg_settings
WHERE name IN ('idle_session_timeout', 'idle_in_transaction_session_timeout')
"""
_IS_HELD = """
SELECT 1 FROM pg_locks
WHERE
    locktype = 'advisory' AND granted AND objsubid = 1 AND pid = pg_backend_pid()
    AND (classid::bigint << 32) | objid::bigint = %s
"""
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

    def connect(self, program: str = "regaudit", **more: Any) -> "Connection[Any]":
        """A connection that commits each statement; `more` are arguments of the driver.

        Raises:
            LogError: the server does not answer, or does not let us in.
        """
        try:
            # Not the failure itself: its text may hold what the driver was given.
            return psycopg.connect(**self.arguments | more, autocommit=True, application_name=program)
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
            configure=_configured(self.after_connect_func()),
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


def _configured(connected: "Callable[[Connection[Any]], None]") -> "Callable[[Connection[Any]], None]":
    """What the library does with a new connection, and what we do; a method would keep its owner alive."""

    def configure(connection: "Connection[Any]") -> None:
        connected(connection)
        connection.execute(_NO_IDLE_LIMIT)

    return configure


def try_server(server: Server) -> None:
    """Raise unless the server lets us in and answers; the pool would only say that it waited.

    Raises:
        LogError: it does not; the message says why.
    """
    with closing(server.connect()) as connection:
        try:
            connection.execute(_NO_IDLE_LIMIT)
        except psycopg.Error as error:
            raise LogError(_failed(server, "不能使用", error)) from None


@contextmanager
def server_lock(store: Store, home: Path, command: str, name: str) -> Iterator[Proof]:
    """Hold a lock of the log across machines; the server frees it when the connection ends. Gives the proof.

    `name` follows the schema's in what its number is made from.

    Raises:
        WorkspaceBusyError: another one holds it; the message says which and since when.
        LogError: the server does not answer, does not let us in, or takes no events.
    """
    server = server_of(store, home)
    program = f"regaudit {command}:{os.getpid()}@{platform.node()}"[:_NAME_BYTES]
    number = int.from_bytes(sha256(f"regaudit {store.schema}{name}".encode()).digest()[:8], signed=True)
    with closing(server.connect(program, **_KEPT_ALIVE)) as connection:
        try:
            _take(server, connection, number)
        except psycopg.Error as error:
            raise LogError(_failed(server, "的锁不能取得", error)) from None

        def prove() -> None:
            _prove(server, connection, number)

        try:
            yield prove
        finally:
            # So that the next one finds it free; a server that is gone has freed it.
            with suppress(psycopg.Error):
                connection.execute("SELECT pg_advisory_unlock(%s)", (number,))


def _take(server: Server, connection: "Connection[Any]", number: int) -> None:
    connection.execute(_NO_IDLE_LIMIT)
    connection.execute(f"SET lock_timeout = '{_LOCK_SECONDS}s'")
    [(is_read_only,)] = connection.execute("SHOW transaction_read_only").fetchall()
    if is_read_only == "on":
        # Where nothing can be appended there is nothing to exclude: said here, before hours of work.
        raise psycopg.errors.ReadOnlySqlTransaction("transaction_read_only = on")
    try:
        connection.execute("SELECT pg_advisory_lock(%s)", (number,))
    except psycopg.errors.LockNotAvailable:
        raise WorkspaceBusyError(_busy(server, connection, number)) from None


def _prove(server: Server, connection: "Connection[Any]", number: int) -> None:
    """Raise unless the session that took the lock is there and has it.

    Raises:
        LockLostError: the session was ended, or a pool between us and the server gives it to others, too.
        LockUnprovenError: the server does not answer.
    """
    try:
        if connection.execute(_IS_HELD, (number,)).fetchall():
            return
    except psycopg.Error as error:
        if not connection.closed:
            raise LockUnprovenError(_failed(server, "的锁不能查明是否还在", error)) from None
        said = f"({scrub(' '.join(str(error).split()), server.secret)})"
    else:
        said = ""
    try:
        server.connect().close()
    except LogError as error:
        raise LockUnprovenError(str(error)) from None
    raise LockLostError(
        f"事件日志 {server.place} 的锁已失去{said},{NOTHING_MORE}。持锁的连接被服务器、防火墙或管理员断开,"
        "或服务器重启过:请等别的运行结束后重新运行;反复出现的,请检查服务器的日志、防火墙对空闲连接的时限,"
        "以及中间是否有会话池(不能用事务级的连接池)"
    )


def _failed(server: Server, what: str, error: psycopg.Error) -> str:
    said = scrub(" ".join(str(error).split()), server.secret)
    return f"事件日志 {server.place} {what}:{said}。{store_failure(error).advice}"


def _busy(server: Server, connection: "Connection[Any]", number: int) -> str:
    holders = connection.execute(_HOLDER, (number,)).fetchall()
    program, address, since = holders[0] if holders else ("", "", "")
    who = program + (f",来自 {address}" if address else "") + (f",自 {since} 起" if since else "")
    return f"事件日志 {server.place} 正由另一个进程写入({who or '不详'}):请等它结束后再试"
