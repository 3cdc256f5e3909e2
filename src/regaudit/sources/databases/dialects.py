"""The kinds of database: which driver, how to connect, how to be read-only, how to stream."""

import importlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from msgspec import Struct

from regaudit.base.errors import RegauditError
from regaudit.base.parts import how_to_get
from regaudit.base.source_settings import Database

PROGRAM = "regaudit"
ORACLE_CLIENT = "lib_dir"
"""Option: the folder of Oracle's own client library, which servers before 12.1 need."""
_CALL_TIMEOUT = "call_timeout"
_DM_UTF8 = 1
_DM_READ_ONLY = 1


class Cursor(Protocol):
    """What we use of a PEP 249 cursor."""

    @property
    def description(self) -> Sequence[Sequence[Any]] | None:
        """The result's columns; the first item of each is its name."""

    def execute(self, statement: str, parameters: Any = None, /) -> Any:
        """Run a statement."""

    def fetchmany(self, size: int, /) -> Sequence[Sequence[Any]]:
        """At most `size` more rows."""

    def close(self) -> None:
        """Let go of the result."""


class Connection(Protocol):
    """What we use of a PEP 249 connection."""

    def cursor(self) -> Cursor:
        """A new cursor."""

    def close(self) -> None:
        """End the session; what was not committed is rolled back."""


class Dialect(Struct, frozen=True, kw_only=True):
    """A kind of database and its driver.

    `arguments` are those of a connection, `connect` makes one. `opening` are the statements that make the
    session read-only and set its time zone (`{zone}` by name, `{offset}` as `+08:00` where that is possible)
    and its patience (`{milliseconds}`). `stream` gives a cursor that does not hold the whole result.
    """

    title: str
    module: str
    port: int
    arguments: Callable[[Database], dict[str, Any]]
    opening: tuple[str, ...] = ()
    connect: Callable[[Any, dict[str, Any]], Any] = lambda driver, arguments: driver.connect(**arguments)
    stream: Callable[[Any, Any], Cursor] = lambda connection, _driver: connection.cursor()


def _postgres_arguments(database: Database) -> dict[str, Any]:
    return {
        "host": database.host,
        "dbname": database.database,
        "connect_timeout": database.connect_timeout_seconds,
        "application_name": PROGRAM,
        # A network that has gone silent is noticed within minutes, not hours.
        "keepalives_idle": 60,
        "keepalives_interval": 15,
        "keepalives_count": 4,
    }


def _connect_postgresql(driver: Any, arguments: dict[str, Any]) -> Any:
    connection = driver.connect(**arguments)
    importlib.import_module(f"{__package__}.postgresql").take_as_text(connection)
    return connection


def _connect_mysql(_driver: Any, arguments: dict[str, Any]) -> Any:
    return importlib.import_module(f"{__package__}.mysql").PatientConnection(**arguments)


def _connect_oracle(driver: Any, arguments: dict[str, Any]) -> Any:
    driver.defaults.fetch_decimals = True
    driver.defaults.fetch_lobs = False
    if client := arguments.pop(ORACLE_CLIENT, None):
        driver.init_oracle_client(lib_dir=client)
    timeout = arguments.pop(_CALL_TIMEOUT)
    connection = driver.connect(**arguments)
    connection.call_timeout = timeout
    return connection


_POSTGRES_OPENING = (
    "SET TRANSACTION READ ONLY",
    "SET LOCAL TIME ZONE '{zone}'",
    "SET LOCAL DateStyle = 'ISO'",
    "SET LOCAL statement_timeout = {milliseconds}",
)
DIALECTS: dict[str, Dialect] = {
    "postgresql": Dialect(
        title="PostgreSQL",
        module="psycopg",
        port=5432,
        arguments=_postgres_arguments,
        opening=_POSTGRES_OPENING,
        connect=_connect_postgresql,
        stream=lambda connection, _driver: connection.cursor(name=PROGRAM),
    ),
    "kingbase": Dialect(
        title="金仓",
        module="ksycopg2",
        port=54321,
        arguments=_postgres_arguments,
        opening=_POSTGRES_OPENING,
        stream=lambda connection, _driver: connection.cursor(name=PROGRAM),
    ),
    "mysql": Dialect(
        title="MySQL/MariaDB",
        module="pymysql",
        port=3306,
        arguments=lambda database: {
            "host": database.host,
            "database": database.database or None,
            "connect_timeout": database.connect_timeout_seconds,
            "read_timeout": database.answer_timeout_seconds,
            "charset": "utf8mb4",
            "program_name": PROGRAM,
        },
        connect=_connect_mysql,
        opening=("SET SESSION time_zone = '{offset}'", "START TRANSACTION READ ONLY"),
        stream=lambda connection, driver: connection.cursor(driver.cursors.SSCursor),
    ),
    "oracle": Dialect(
        title="Oracle",
        module="oracledb",
        port=1521,
        arguments=lambda database: {
            "host": database.host,
            "service_name": database.database or None,
            "tcp_connect_timeout": float(database.connect_timeout_seconds),
            _CALL_TIMEOUT: database.answer_timeout_seconds * 1000,
        },
        opening=("ALTER SESSION SET TIME_ZONE = '{offset}'", "SET TRANSACTION READ ONLY"),
        connect=_connect_oracle,
    ),
    "sqlserver": Dialect(
        title="SQL Server",
        module="pymssql",
        port=1433,
        arguments=lambda database: {
            "server": database.host,
            "database": database.database,
            "login_timeout": database.connect_timeout_seconds,
            "timeout": database.answer_timeout_seconds,
            "charset": "UTF-8",
            "appname": PROGRAM,
            "read_only": True,
        },
    ),
    "dm": Dialect(
        title="达梦",
        module="dmPython",
        port=5236,
        arguments=lambda database: {
            "server": database.host,
            "login_timeout": database.connect_timeout_seconds,
            "connection_timeout": database.answer_timeout_seconds,
            "autoCommit": False,
            "access_mode": _DM_READ_ONLY,
            "local_code": _DM_UTF8,
            **({"schema": database.database} if database.database else {}),
        },
        opening=("SET TRANSACTION READ ONLY",),
    ),
}


def load_driver(kind: str) -> Any:
    """The driver's module.

    Raises:
        RegauditError: it is not installed, or does not load; says what to do.
    """
    dialect = DIALECTS[kind]
    try:
        return importlib.import_module(dialect.module)
    except ModuleNotFoundError:
        raise RegauditError(f"没有安装 {dialect.title} 的驱动 {dialect.module}:{how_to_get(kind)}") from None
    except ImportError as error:
        raise RegauditError(
            f"{dialect.title} 的驱动 {dialect.module} 已安装,但不能加载({error}):请安装数据库厂商的客户端库,"
            "并让系统找得到它(Linux 写入 LD_LIBRARY_PATH,Windows 写入 Path)"
        ) from None


def connect(driver: Any, database: Database, password: str) -> Connection:
    """A connection; whatever the driver raises comes through."""
    dialect = DIALECTS[database.kind]
    login: dict[str, Any] = {"user": database.user, "port": database.port or dialect.port}
    if password:
        login["password"] = password
    connection: Connection = dialect.connect(driver, dialect.arguments(database) | database.options | login)
    return connection


def open_session(connection: Connection, driver: Any, database: Database, zone: str) -> Cursor:
    """Make the session read-only, in the workspace's zone, and give a cursor that streams."""
    dialect = DIALECTS[database.kind]
    opener = connection.cursor()
    for statement in dialect.opening:
        opener.execute(
            statement.format(
                zone=zone, offset=_offset(zone), milliseconds=database.answer_timeout_seconds * 1000
            )
        )
    cursor = dialect.stream(connection, driver)
    if hasattr(cursor, "arraysize"):
        cursor.arraysize = database.batch_rows
    return cursor


def _offset(zone: str) -> str:
    """`+08:00` for a zone that has had one offset since 1992, else its name: not every server knows names."""
    place = ZoneInfo(zone)
    offsets = {
        datetime(year, month, 1, tzinfo=place).strftime("%z")
        for year in range(1992, 2038)
        for month in (1, 7)
    }
    [first, *others] = offsets
    return zone if others else f"{first[:3]}:{first[3:5]}"
