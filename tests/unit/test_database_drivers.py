"""Databases that no test machine has, by their drivers' contract (PEP 249), and what surrounds the drivers.

Each driver here has the real one's name, paramstyle and connect arguments, and runs the SQL on SQLite.
"""

import re
import sqlite3
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import polars as pl
import pytest

from regaudit.base.errors import RegauditError
from regaudit.base.settings import load_settings
from regaudit.base.source_settings import Database, Source, check_sources
from regaudit.sources.databases.dialects import DIALECTS, load_driver
from regaudit.sources.databases.failures import explain, scrub
from regaudit.sources.databases.fetch import Fetched, fetch
from regaudit.sources.databases.statements import bind
from regaudit.sources.databases.values import column_texts

PHRASE = "p@ss wörd/42"
NOW = datetime(2026, 3, 31, 22, 30)
SINCE = datetime(2026, 3, 2, 9)
LIBPQ = {"host", "port", "dbname", "user", "password", "connect_timeout", "application_name"}
LIBPQ |= {"keepalives_idle", "keepalives_interval", "keepalives_count"}
sqlite3.register_converter("EXACT", lambda raw: Decimal(raw.decode()))
sqlite3.register_converter("MOMENT", lambda raw: datetime.fromisoformat(raw.decode()))


class Error(Exception):
    """PEP 249's."""


class Cursor:
    """PEP 249's; one with a name knows its columns only after the first rows, as psycopg2's does."""

    def __init__(self, connection: "Connection", name: str | None = None) -> None:
        self._connection, self._named = connection, name is not None
        self._cursor = connection.db.cursor()
        self._fetched = False
        self.arraysize = 1

    @property
    def description(self) -> Sequence[Sequence[Any]] | None:
        return None if self._named and not self._fetched else self._cursor.description

    def execute(self, statement: str, parameters: Any = None) -> None:
        self._connection.statements.append(statement)
        if statement == "SET TRANSACTION READ ONLY":
            self._cursor.execute("PRAGMA query_only = ON")
        elif not statement.startswith(("SET ", "ALTER SESSION ")):
            self._run(statement, parameters)

    def _run(self, statement: str, parameters: Any) -> None:
        style = self._connection.paramstyle
        if parameters is not None and style in ("format", "pyformat"):
            statement = statement.replace("%s", "?").replace("%(since)s", ":since").replace("%%", "%")
        named = isinstance(parameters, dict)
        texts = [value.isoformat(" ") for value in (parameters.values() if named else parameters or ())]
        try:
            self._cursor.execute(statement, dict.fromkeys(parameters, texts[0]) if named else texts)
        except sqlite3.Error as error:
            raise Error(f"{error}, said to {self._connection.password}") from error

    def fetchmany(self, size: int) -> list[Any]:
        self._fetched = True
        self._connection.asked.append(size)
        if len(self._connection.asked) == self._connection.breaks_at:
            raise Error("connection lost")
        return self._cursor.fetchmany(size)

    def close(self) -> None:
        self._cursor.close()


class Connection:
    def __init__(self, driver: ModuleType, password: str) -> None:
        self.db = sqlite3.connect(driver.__file__ or "", detect_types=sqlite3.PARSE_DECLTYPES)
        self.paramstyle, self.breaks_at, self.password = driver.paramstyle, driver.breaks_at, password
        self.statements: list[str] = driver.statements
        self.asked: list[int] = []

    def cursor(self, name: str | None = None) -> Cursor:
        return Cursor(self, name)

    def close(self) -> None:
        self.db.close()


Connect = Callable[..., Connection]


def oracle(driver: ModuleType) -> Connect:
    driver.defaults = SimpleNamespace(fetch_decimals=False, fetch_lobs=True)  # type: ignore[attr-defined]

    def connect(
        *, user: str, password: str, host: str, port: int, service_name: str, tcp_connect_timeout: float
    ) -> Connection:
        assert (user, host, port, service_name, tcp_connect_timeout) == ("audit", "db", 1521, "pt", 10.0)
        assert driver.defaults.fetch_decimals
        assert not driver.defaults.fetch_lobs
        return Connection(driver, password)

    return connect


def sqlserver(driver: ModuleType) -> Connect:
    def connect(
        *,
        server: str,
        user: str,
        password: str,
        database: str,
        port: int,
        timeout: int,
        login_timeout: int,
        charset: str,
        appname: str,
        read_only: bool,
    ) -> Connection:
        assert (server, user, database, port, timeout, login_timeout) == ("db", "audit", "pt", 1433, 3600, 10)
        assert (charset, appname, read_only) == ("UTF-8", "regaudit", True)
        return Connection(driver, password)

    return connect


def dm(driver: ModuleType) -> Connect:
    def connect(
        *,
        server: str,
        user: str,
        password: str,
        port: int,
        schema: str,
        login_timeout: int,
        connection_timeout: int,
        autoCommit: bool,  # noqa: N803 - the driver's word
        access_mode: int,
        local_code: int,
    ) -> Connection:
        assert (server, user, port, schema, login_timeout, connection_timeout) == (
            *("db", "audit", 5236, "pt", 10, 3600),
        )
        assert (autoCommit, access_mode, local_code) == (False, 1, 1)
        return Connection(driver, password)

    return connect


def kingbase(driver: ModuleType) -> Connect:
    def connect(dsn: str | None = None, **words: Any) -> Connection:
        assert dsn is None
        assert set(words) == LIBPQ
        assert (words["host"], words["port"], words["dbname"]) == ("db", 54321, "pt")
        return Connection(driver, words["password"])

    return connect


DRIVERS = {
    "oracle": (oracle, "named"),
    "sqlserver": (sqlserver, "pyformat"),
    "dm": (dm, "qmark"),
    "kingbase": (kingbase, "pyformat"),
}
Install = Callable[..., Any]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Install a driver where `import` finds it, over a SQLite file with a platform's steps in it."""
    with closing(sqlite3.connect(tmp_path / "platform.db")) as db, db:
        db.execute(
            "CREATE TABLE steps (case_no TEXT, op_time MOMENT TEXT, fee EXACT TEXT, note TEXT, scan BLOB)"
        )
        db.executemany(
            "INSERT INTO steps VALUES (?, ?, ?, ?, ?)",
            [
                ("00123", "2026-03-01 08:00:00", "1.50", None, b"\0"),
                ("NA", "2026-03-02 09:00:00", "80", "100%受理", b"\0"),
                ("00124", "2026-03-03 10:00:00.250000", "0.10", "", b"\0"),
            ],
        )
    db.close()
    monkeypatch.setenv("PLATFORM_PHRASE", PHRASE)

    def make(kind: str, paramstyle: str | None = None, breaks_at: int = 0) -> Any:
        connector, own_style = DRIVERS[kind]
        driver = ModuleType(DIALECTS[kind].module)
        driver.__file__ = str(tmp_path / "platform.db")
        vars(driver).update(paramstyle=paramstyle or own_style, breaks_at=breaks_at, statements=[])
        vars(driver).update(connect=connector(driver), Error=Error)
        monkeypatch.setitem(sys.modules, driver.__name__, driver)
        return driver

    return make


def source(kind: str, query: str, **words: Any) -> Source:
    settings = {"host": "db", "user": "audit", "database": "pt", "password_env": "PLATFORM_PHRASE"}
    return Source(query=query, name="平台库", database=Database(kind=kind, **settings | words))  # type: ignore[arg-type]


def run(tmp_path: Path, asked: Source, watermark: str | None = None) -> Fetched:
    return fetch(
        asked,
        tmp_path,
        tmp_path / "fetched",
        watermark=watermark,
        zone="Asia/Shanghai",
        now=NOW,
        progress=lambda *_: None,
    )


@pytest.mark.parametrize("kind", DRIVERS)
def test_each_kind_reads_in_batches_as_text(kind: str, install: Install, tmp_path: Path) -> None:
    driver = install(kind)
    query = "SELECT case_no, op_time, fee, note FROM steps WHERE op_time >= {since} AND '%' = '%' ORDER BY 2;"
    asked = source(kind, query, watermark="OP_TIME", batch_rows=1)
    fetched = run(tmp_path, asked, watermark="2026-03-02T20:00:00")
    assert pl.read_parquet(fetched.path).rows() == [
        ("NA", "2026-03-02T09:00:00", "80", "100%受理"),
        ("00124", "2026-03-03T10:00:00.250000", "0.10", ""),
    ]
    assert (fetched.rows, fetched.watermark) == (2, "2026-03-03T10:00:00.250000")
    assert "2026" not in "".join(driver.statements)


@pytest.mark.parametrize("paramstyle", ["qmark", "named", "format", "pyformat"])
def test_each_way_of_binding(paramstyle: str, install: Install, tmp_path: Path) -> None:
    install("dm", paramstyle)
    query = (
        "SELECT case_no, op_time FROM steps "
        "WHERE op_time > {since} AND {since} < op_time AND note NOT LIKE '1%'"
    )
    fetched = run(
        tmp_path, source("dm", query, watermark="op_time", overlap_minutes=0), "2026-03-01T08:00:00"
    )
    assert pl.read_parquet(fetched.path)["case_no"].to_list() == ["00124"]


def test_binding_by_number() -> None:
    assert bind("SELECT {since}, {since}", "dm", "numeric", SINCE) == ("SELECT :1, :1", (SINCE,))


@pytest.mark.parametrize("kind", ["oracle", "dm", "kingbase"])
def test_the_session_itself_is_read_only(kind: str, install: Install, tmp_path: Path) -> None:
    driver = install(kind)
    run(tmp_path, source(kind, "SELECT case_no FROM steps"))
    assert "SET TRANSACTION READ ONLY" in driver.statements[:-1]


def test_oracle_before_12_is_read_by_its_own_client(install: Install, tmp_path: Path) -> None:
    driver = install("oracle")
    folders: list[str] = []
    driver.init_oracle_client = lambda *, lib_dir: folders.append(lib_dir)
    run(tmp_path, source("oracle", "SELECT case_no FROM steps", options={"lib_dir": "/opt/client"}))
    assert folders == ["/opt/client"]


def test_the_servers_words_do_not_betray_the_password(install: Install, tmp_path: Path) -> None:
    install("oracle")
    with pytest.raises(RegauditError, match="no such column") as caught:
        run(tmp_path, source("oracle", "SELECT nosuch FROM steps"))
    assert PHRASE not in str(caught.value)
    assert "said to ***" in str(caught.value)
    for word in ("平台库", "Oracle db:1521/pt", "audit", "请"):
        assert word in str(caught.value)


def test_a_connection_lost_on_the_way_leaves_no_file(install: Install, tmp_path: Path) -> None:
    install("dm", breaks_at=3)
    with pytest.raises(RegauditError, match="取数中断"):
        run(tmp_path, source("dm", "SELECT case_no FROM steps", batch_rows=1))
    assert list((tmp_path / "fetched").iterdir()) == []


def test_binary_columns_are_refused_by_name(install: Install, tmp_path: Path) -> None:
    install("sqlserver")
    with pytest.raises(RegauditError, match="列 scan 是 bytes"):
        run(tmp_path, source("sqlserver", "SELECT case_no, scan FROM steps"))
    assert list((tmp_path / "fetched").iterdir()) == []


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT case_no, note AS case_no FROM steps", "重复.*case_no"),
        ("SELECT case_no FROM steps WHERE op_time > {since}", "watermark 列 op_time 不在.*case_no"),
        ("SELECT note AS op_time FROM steps WHERE op_time > {since} AND note <> ''", "不是时间.*100%受理"),
    ],
)
def test_results_that_cannot_be_used(query: str, said: str, install: Install, tmp_path: Path) -> None:
    install("dm")
    watched = {"watermark": "op_time"} if "{since}" in query else {}
    with pytest.raises(RegauditError, match=said):
        run(tmp_path, source("dm", query, **watched))
    assert list((tmp_path / "fetched").iterdir()) == []


def test_no_rows_leave_the_watermark_and_a_file_with_the_columns(install: Install, tmp_path: Path) -> None:
    install("kingbase")
    asked = source(
        "kingbase", "SELECT case_no, op_time FROM steps WHERE op_time > {since}", watermark="op_time"
    )
    fetched = run(tmp_path, asked, "2026-03-20T00:00:00")
    assert (fetched.rows, fetched.watermark) == (0, "2026-03-20T00:00:00")
    assert pl.read_parquet(fetched.path).schema == {"case_no": pl.String, "op_time": pl.String}


@pytest.mark.parametrize("kind", DIALECTS)
def test_a_missing_driver_is_named_with_its_extra(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, DIALECTS[kind].module, None)
    monkeypatch.setenv("PLATFORM_PHRASE", PHRASE)
    with pytest.raises(RegauditError, match=re.escape(f'pip install "regaudit[{kind}]"')):
        run(tmp_path, source(kind, "SELECT 1"))


def test_a_driver_that_does_not_load_is_not_called_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the one of Dameng, where the libraries of the database are not there."""
    (tmp_path / "dmPython.py").write_text("raise ImportError('libdmdpi.so')", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "dmPython", raising=False)
    with pytest.raises(RegauditError, match=r"不能加载\(libdmdpi.so\):请安装数据库厂商的客户端库") as refused:
        load_driver("dm")
    assert "pip install" not in str(refused.value)


def test_every_kind_has_an_extra() -> None:
    project = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    for kind in DIALECTS:
        assert re.search(rf"^{kind} = \[", project, re.MULTILINE), kind


WRITES = [
    "DELETE FROM steps",
    "SELECT 1; DELETE FROM steps",
    "SELECT 1 DELETE FROM steps",
    "SELECT * INTO copy FROM steps",
    "WITH gone AS (DELETE FROM steps RETURNING *) SELECT * FROM gone",
    "SELECT * FROM steps FOR UPDATE",
    "SELECT 1 exec sp_who",
    "BEGIN DELETE FROM steps; END;",
    "-- harmless\nDROP TABLE steps",
    "",
]


@pytest.mark.parametrize("kind", DIALECTS)
@pytest.mark.parametrize("query", WRITES)
def test_what_is_no_reading_query_is_never_sent(query: str, kind: str) -> None:
    with pytest.raises(RegauditError, match=r"请|只读"):
        bind(query, kind, "qmark", SINCE)


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("SELECT update_time, '; DELETE' AS x FROM steps -- drop it", "postgresql"),
        ("/* insert */ SELECT \"delete\", replace(a, 'b', 'c') FROM steps", "oracle"),
        ("SELECT `update` FROM steps WHERE a = 'it\\'s; into' # alter", "mysql"),
        ("SELECT [into] FROM steps", "sqlserver"),
        ("SELECT '{name}', 5 % 2 FROM steps WHERE a ~ '^[0-9]{6}$' AND b = $$ ; call $$", "postgresql"),
        ("(SELECT 1) UNION ALL (SELECT 2)", "dm"),
        ("WITH a AS (SELECT 1) SELECT * FROM a", "kingbase"),
    ],
)
def test_reading_queries_go_as_they_are(query: str, kind: str) -> None:
    statement, parameters = bind(f"{query} \n", kind, "pyformat", SINCE)
    assert query.startswith(statement)
    assert query[len(statement) :].lstrip()[:1] in ("", "-", "#")
    assert parameters is None


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT 1 WHERE a >= '{since}'", "引号"),
        ("SELECT 1 -- {since}\n WHERE a >= {since}", "引号或注释"),
        ("SELECT 1 WHERE a >= {since} AND a < {until}", "{until}"),
    ],
)
def test_placeholders_that_would_not_be_bound(query: str, said: str) -> None:
    with pytest.raises(RegauditError, match=re.escape(said)):
        bind(query, "dm", "qmark", SINCE)


def test_percent_signs_survive_where_the_driver_formats() -> None:
    assert bind("SELECT '%' WHERE a >= {since}", "mysql", "pyformat", SINCE) == (
        "SELECT '%%' WHERE a >= %(since)s",
        {"since": SINCE},
    )
    assert bind("SELECT '%s'", "mysql", "pyformat", SINCE) == ("SELECT '%s'", None)


def test_values_become_text_exactly() -> None:
    values = [None, "NA", 7, True, Decimal("1E+3"), 0.1, datetime(2026, 3, 2), SINCE.date()]
    assert column_texts("a", values) == [
        *(None, "NA", "7", "true", "1000", "0.1", "2026-03-02T00:00:00", "2026-03-02"),
    ]


def test_a_password_is_found_in_every_form() -> None:
    text = f"{PHRASE} p%40ss%20w%C3%B6rd%2F42 p%40ss+w%C3%B6rd%2F42"
    assert scrub(text, PHRASE) == "*** *** ***"
    assert scrub("plain", "") == "plain"


@pytest.mark.parametrize(
    ("kind", "error", "stage", "advice"),
    [
        ("oracle", Error("ORA-01017: invalid username/password"), "connect", "user 和密码"),
        (
            "oracle",
            Error("DPY-3010: connections to this server version are not supported"),
            "connect",
            "databases.md",
        ),
        ("oracle", Error("ORA-01456: may not perform operation in READ ONLY"), "query", "只读"),
        ("oracle", Error("ORA-00904: invalid identifier"), "query", "修改 query"),
        ("sqlserver", Error((18456, b"Login failed for user \xe7\x8e\x8b")), "connect", "user 和密码"),
        ("sqlserver", Error(229, b"permission was denied"), "query", "SELECT 权限"),
        ("dm", Error("[CODE:-2501]用户名或密码错误"), "connect", "user 和密码"),
        ("dm", Error("[CODE:-2106]无效的表或视图名"), "query", "修改 query"),
        ("dm", Error("something new"), "read", "连接中断"),
        ("kingbase", Error("FATAL: 用户 audit 密码认证失败"), "connect", "user 和密码"),
        ("mysql", TimeoutError("timed out"), "connect", "防火墙"),
        ("mysql", TypeError("unexpected keyword argument 'x'"), "connect", "options"),
    ],
)
def test_failures_say_what_to_do(kind: str, error: Exception, stage: str, advice: str) -> None:
    database = Database(kind=kind, host="db", user="audit")  # type: ignore[arg-type]
    text = str(explain(error, database, stage, PHRASE))
    assert advice in text
    assert "b'" not in text


QUERY = 'query = "SELECT 1"\nname = "库"\n'
DATABASE = '[sources.database]\nkind = "dm"\nhost = "db"\nuser = "u"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('name = "库"', "path"),
        ('path = "a.csv"\n' + QUERY + DATABASE, "只写其一"),
        ('path = "a.csv"\n' + DATABASE, "不应有"),
        (QUERY, "应有 [sources.database]"),
        ('query = "SELECT 1"\n' + DATABASE, "应有 name"),
        ('query = "SELECT 1"\nname = "../库"\n' + DATABASE, "应有 name"),
        (QUERY + DATABASE + 'watermark = "t"', "watermark"),
        (QUERY.replace("1", "{since}") + DATABASE, "watermark"),
        (QUERY + DATABASE + 'options = { password = "x" }', "options.password"),
        (QUERY + DATABASE + 'options = { ssl = { ssl_pwd = "x" } }', "options.ssl_pwd"),
        (QUERY + DATABASE + 'options = { dsn = "u/x@db" }', "options.dsn"),
        (QUERY + DATABASE + "options = { autoCommit = true }", "options.autoCommit"),
        (QUERY + DATABASE + "overlap_minutes = -1", "overlap_minutes"),
        (QUERY + DATABASE.replace("dm", "db2"), "kind"),
        (QUERY + DATABASE + "[[sources]]\n" + QUERY + DATABASE, "重复"),
    ],
)
def test_settings_that_are_refused(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "regaudit.toml").write_text(f"[[sources]]\n{text}\n", encoding="utf-8")
    with pytest.raises(RegauditError, match=re.escape(said)) as caught:
        load_settings(tmp_path)
    assert "regaudit.toml" in str(caught.value)


def test_the_example_in_the_template_is_right(tmp_path: Path) -> None:
    """What a clerk gets by taking the `#` away."""
    template = (Path(__file__).parents[2] / "deploy" / "regaudit.toml").read_text(encoding="utf-8")
    [block] = re.findall(r"^# \[\[sources\]\]\n# name = (?:.*\n)+?\n", template, re.MULTILINE)
    (tmp_path / "regaudit.toml").write_text(re.sub("^# ", "", block, flags=re.MULTILINE), encoding="utf-8")
    [found] = load_settings(tmp_path).sources
    assert found.database is not None
    assert found.database.watermark == "op_time"
    assert bind(found.query, found.database.kind, "pyformat", SINCE)[1] == {"since": SINCE}
    check_sources([found])
