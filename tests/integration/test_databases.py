"""Queries on a real PostgreSQL and a real MariaDB: what arrives, what is refused, what is never told.

The servers are on this machine: `.ci/databases` starts them. Every test has a schema of its own.
"""

import contextlib
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import polars as pl
import psycopg
import pymysql
import pytest
from conftest import Desk

from regaudit.base.errors import RegauditError
from regaudit.base.source_settings import Database, Source
from regaudit.sources.databases.fetch import Fetched, OnRows, fetch

NOW = datetime(2026, 3, 31, 22, 30)
ZONE = "Asia/Shanghai"
VARIABLE, FILE, GONE = "PLATFORM_PHRASE", "phrase", "gone"
PHRASE = "Tr0ub4dor/东胜 &3"
PORTS = {"postgresql": 5432, "mysql": 3306}
KINDS = pytest.mark.parametrize("kind", PORTS)
WIDE_ROWS = {
    "postgresql": "SELECT g AS id, repeat('x', 1000) AS filler FROM generate_series(1, {count}) AS g",
    "mysql": "SELECT seq AS id, repeat('x', 1000) AS filler FROM seq_1_to_{count}",
}
MEGABYTE = 1 << 20


def log_in(kind: str) -> Any:
    """A connection of the server's master, or a failure that says how to get the server."""
    try:
        if kind == "postgresql":
            return psycopg.connect(
                host="127.0.0.1", user="root", dbname="test", autocommit=True, connect_timeout=5
            )
        # A platform writes in its own zone; the server keeps a `timestamp` in UTC.
        platforms_zone = "SET time_zone = '+08:00'"
        return pymysql.connect(
            host="127.0.0.1", user="root", autocommit=True, connect_timeout=5, init_command=platforms_zone
        )
    except (psycopg.Error, pymysql.Error) as error:
        pytest.fail(f"no {kind} on 127.0.0.1:{PORTS[kind]} ({error}): run .ci/databases")


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
        settings = {
            "kind": self.kind,
            "host": "127.0.0.1",
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


@KINDS
def test_rows_arrive_as_text_in_the_querys_order(kind: str, platform: Open) -> None:
    here = platform(kind)
    here.add(
        (2, "张三　100%", "2026-03-02 09:00:00"),
        (1, "NA", None),
        (3, "00123", "2026-03-02 09:00:00.5" if kind == "postgresql" else "2026-03-02 09:00:01"),
    )
    fraction = ":00.500000" if kind == "postgresql" else ":01"
    assert here.rows("SELECT id, name, op_time FROM LOG WHERE name NOT LIKE '%zzz%' ORDER BY id DESC") == [
        ("3", "00123", f"2026-03-02T09:00{fraction}"),
        ("2", "张三　100%", "2026-03-02T09:00:00"),
        ("1", "NA", None),
    ]


def test_postgresqls_types(platform: Open) -> None:
    query = """
        SELECT timestamptz '2026-03-02 00:00:00+00' AS a, timestamp 'infinity' AS b, date '2026-03-02' AS c,
               numeric '1.50' AS d, 12345678901234567890123456789 AS e, 0.1::float8 AS f, true AS g,
               inet '10.0.0.1' AS h, interval '1 month' AS i, jsonb '{"受理": 1.0}' AS j, time '09:00' AS k,
               array['甲', 'b'] AS l, timestamptz '0044-03-15 BC' > timestamptz '-infinity' AS m, null AS n,
               uuid 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11' AS o, 'x'::char(3) AS p, date '0044-03-15 BC' AS q
    """
    assert platform("postgresql").rows(query) == [
        (
            *("2026-03-02T08:00:00+08:00", "infinity", "2026-03-02", "1.50", "12345678901234567890123456789"),
            *("0.1", "true", "10.0.0.1", "1 mon", '{"受理": 1.0}', "09:00:00", "{甲,b}", "true", None),
            *("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "x  ", "0044-03-15 BC"),
        )
    ]


def test_mariadbs_types(platform: Open) -> None:
    here = platform("mysql")
    here.do(
        f"CREATE TABLE {here.name}.odd "
        "(a datetime(3), b datetime, c enum('甲', '乙'), d decimal(30, 2), e year)"
    )
    here.do("SET SESSION sql_mode = ''")
    here.do(f"INSERT INTO {here.name}.odd VALUES ('2026-03-02 09:00:00.25', '0000-00-00', '乙', 1.5, 2026)")
    query = (
        f"SELECT odd.*, date '2026-03-02' AS f, cast('-30:00:01' AS time) AS g, null AS h, 0.1e0 AS i "
        f"FROM {here.name}.odd"
    )
    assert here.rows(query) == [
        (
            *("2026-03-02T09:00:00.250000", "0000-00-00 00:00:00", "乙", "1.50", "2026", "2026-03-02"),
            *("-30:00:01", None, "0.1"),
        )
    ]


@KINDS
def test_the_session_is_in_the_workspaces_zone(kind: str, platform: Open) -> None:
    asked = {"postgresql": "SELECT current_setting('TimeZone') AS z", "mysql": "SELECT @@time_zone AS z"}
    assert platform(kind).rows(asked[kind]) == [(ZONE if kind == "postgresql" else "+08:00",)]


@KINDS
def test_the_next_night_reads_on_with_an_overlap(kind: str, platform: Open) -> None:
    here = platform(kind)
    query = "SELECT id, op_time FROM LOG WHERE op_time >= {since} ORDER BY id"
    words: dict[str, Any] = {"watermark": "op_time", "overlap_minutes": 60, "batch_rows": 1}
    here.add((0, "before it all", "2019-12-31 23:59:59"), (1, "first", "2020-01-01 00:00:00"))
    here.add((2, "highest", "2026-03-02 09:00:00"), (3, "slip of the pen", "2027-03-02 09:00:00"))
    here.add((4, "no time", None))
    first_since = datetime(2020, 1, 1).date()
    first = here.fetch(query, first_since=first_since, **words)
    assert pl.read_parquet(first.path)["id"].to_list() == ["1", "2", "3"]
    assert first.watermark == "2026-03-02T09:00:00"
    here.add((5, "late, but in time", "2026-03-02 08:00:00"), (6, "too late", "2026-03-02 07:59:59"))
    here.add((7, "new", "2026-03-02 17:00:00"))
    second = here.fetch(query, first.watermark, first_since=first_since, **words)
    assert pl.read_parquet(second.path)["id"].to_list() == ["2", "3", "5", "7"]
    assert (second.rows, second.watermark) == (4, "2026-03-02T17:00:00")


def test_a_watermark_with_an_offset_is_kept_in_local_time(platform: Open) -> None:
    here = platform("postgresql")
    query = """
        SELECT at AS op_time
        FROM generate_series(timestamptz '2026-03-01 16:00Z', '2026-03-02 16:00Z', '1 hour') AS at
        WHERE at >= {since}
    """
    first = here.fetch(query, watermark="op_time")
    assert (first.rows, first.watermark) == (25, "2026-03-03T00:00:00")
    assert here.fetch(query, first.watermark, watermark="op_time", overlap_minutes=60).rows == 2


@KINDS
def test_a_quiet_night_keeps_the_watermark(kind: str, platform: Open) -> None:
    here = platform(kind)
    fetched = here.fetch(
        "SELECT id, op_time FROM LOG WHERE op_time >= {since}", "2026-03-02T09:00:00", watermark="op_time"
    )
    assert (fetched.rows, fetched.watermark) == (0, "2026-03-02T09:00:00")
    assert pl.read_parquet(fetched.path).columns == ["id", "op_time"]


@KINDS
def test_the_same_rows_give_the_same_bytes(kind: str, platform: Open) -> None:
    """So that the import sees that nothing is new."""
    here = platform(kind)
    here.add((1, "a", "2026-03-02 09:00:00"))
    assert (
        here.fetch("SELECT * FROM LOG").path.read_bytes() == here.fetch("SELECT * FROM LOG").path.read_bytes()
    )


PEAK = """
import resource, sys
from datetime import datetime
from pathlib import Path
import msgspec
from regaudit.base.source_settings import Source
from regaudit.sources.databases.fetch import fetch
source = msgspec.json.decode(sys.argv[1], type=Source)
small = msgspec.structs.replace(source, query=source.query.replace("200000", "2000"))
for asked in (small, source):
    rows = fetch(asked, Path(sys.argv[2]), Path(sys.argv[2]), watermark=None, zone="Asia/Shanghai",
                 now=datetime(2026, 3, 31), progress=lambda *_: None).rows
    print(rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


@KINDS
def test_many_rows_need_no_more_memory_than_few(kind: str, platform: Open, tmp_path: Path) -> None:
    here = platform(kind)
    source = here.source(WIDE_ROWS[kind].format(count=200_000), batch_rows=2000)
    done = subprocess.run(
        [sys.executable, "-c", PEAK, msgspec.json.encode(source).decode(), str(tmp_path)],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    [(few, before), (many, after)] = [map(int, line.split()) for line in done.stdout.splitlines()]
    assert (few, many) == (2000, 200_000)
    assert after - before < 60 * MEGABYTE, "200 MB of rows were held"


WRITERS = {
    "postgresql": """
        CREATE FUNCTION {name}.note() RETURNS integer LANGUAGE sql
        AS $$ INSERT INTO {name}.log (id) VALUES (9); SELECT 9 $$
    """,
    "mysql": """
        CREATE FUNCTION {name}.note() RETURNS integer
        BEGIN INSERT INTO {name}.log (id) VALUES (9); RETURN 9; END
    """,
}


@KINDS
def test_the_server_refuses_a_query_that_writes(kind: str, platform: Open) -> None:
    here = platform(kind)
    here.do(WRITERS[kind].format(name=here.name))
    with pytest.raises(RegauditError, match="查询试图写入"):
        here.fetch(f"SELECT {here.name}.note() AS id")
    assert here.count() == 0
    assert here.left_behind() == []


@KINDS
@pytest.mark.parametrize("query", ["DELETE FROM LOG", "SELECT 1; DELETE FROM LOG", "TRUNCATE LOG"])
def test_what_is_no_reading_query_is_not_even_sent(kind: str, query: str, platform: Open) -> None:
    here = platform(kind)
    here.add((1, "a", None))
    with pytest.raises(RegauditError, match="平台库:query 应"):
        here.fetch(query)
    assert here.count() == 1


def every_word_said(error: BaseException) -> str:
    """All that could be printed, logged or mailed of an error, with what it was raised from and in."""
    words = "".join(traceback.format_exception(error))
    seen: list[BaseException] = []
    queue: list[BaseException | None] = [error]
    while queue:
        if (each := queue.pop()) is not None and each not in seen:
            seen.append(each)
            words += f"{each} {each!r} {each.args!r} {vars(each)!r}"
            queue += [each.__cause__, each.__context__]
    return words


def assert_secret(here: Platform, error: BaseException, captured: str) -> None:
    assert PHRASE not in every_word_said(error)
    assert PHRASE not in captured
    for path in here.home.rglob("*"):
        if path.is_file() and path.name != "phrase":
            assert PHRASE.encode() not in path.read_bytes(), path
    assert here.left_behind() == []


@KINDS
@pytest.mark.parametrize("asked_by", ["password_env", "password_file"])
@pytest.mark.parametrize(
    ("words", "query", "said"),
    [
        pytest.param({"user": "nobody"}, "SELECT 1 AS a", "user 和密码", id="user"),
        pytest.param({"host": "no-such-host.invalid"}, "SELECT 1 AS a", "host、port", id="host"),
        pytest.param({"port": 1}, "SELECT 1 AS a", "host、port", id="port"),
        pytest.param({"database": "nosuch"}, "SELECT 1 AS a", "database", id="database"),
        pytest.param({}, "SELECT nosuch FROM LOG", "修改 query", id="sql"),
        pytest.param({}, f"SELECT '{PHRASE}' + nosuch.a FROM LOG", "修改 query", id="sql with the password"),
        pytest.param({"options": {"bogus": 1}}, "SELECT 1 AS a", "options", id="options"),
    ],
)
def test_no_failure_tells_the_password(  # noqa: PLR0917 - pytest names them
    kind: str,
    asked_by: str,
    words: dict[str, Any],
    query: str,
    said: str,
    platform: Open,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    here = platform(kind)
    here.add_user()
    here.do(GRANTS[kind].format(name=here.name, user=here.user))
    monkeypatch.setenv("PLATFORM_PHRASE", PHRASE)
    (here.home / "phrase").write_text(f"{PHRASE}\n", encoding="utf-8")
    words = {
        "user": here.user,
        asked_by: "PLATFORM_PHRASE" if asked_by == "password_env" else "phrase",
    } | words
    with pytest.raises(RegauditError, match=said) as caught:
        here.fetch(query, **words)
    for word in ("平台库", words.get("host", "127.0.0.1"), words["user"]):
        assert word in str(caught.value)
    assert_secret(here, caught.value, "".join(capfd.readouterr()) + caplog.text)
    assert PHRASE not in repr(here.source("SELECT 1", **words))


GRANTS = {
    "postgresql": "GRANT USAGE ON SCHEMA {name} TO {user}; GRANT SELECT ON {name}.log TO {user}",
    "mysql": "GRANT SELECT ON {name}.* TO {user}@'127.0.0.1'",
}


def test_the_right_password_opens_and_a_wrong_one_does_not(
    platform: Open, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    here = platform("mysql")
    here.add_user()
    here.do(GRANTS["mysql"].format(name=here.name, user=here.user))
    monkeypatch.setenv("PLATFORM_PHRASE", PHRASE)
    login: dict[str, Any] = {"user": here.user, "password_env": "PLATFORM_PHRASE"}
    assert here.rows("SELECT 1 AS a", **login) == [("1",)]
    (here.folder / "平台库.parquet").unlink()
    here.do(f"ALTER USER {here.user}@'127.0.0.1' IDENTIFIED BY 'another'")
    with pytest.raises(RegauditError, match=r"1045.*user 和密码") as caught:
        here.fetch("SELECT 1 AS a", **login)
    assert_secret(here, caught.value, "".join(capfd.readouterr()))


@KINDS
def test_a_password_that_cannot_be_had(kind: str, platform: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    here = platform(kind)
    monkeypatch.delenv("PLATFORM_PHRASE", raising=False)
    with pytest.raises(RegauditError, match=r"PLATFORM_PHRASE 未设置.*数据库密码"):
        here.fetch("SELECT 1 AS a", password_env=VARIABLE)
    with pytest.raises(RegauditError, match=r"数据库密码文件.*gone"):
        here.fetch("SELECT 1 AS a", password_file=GONE)
    (here.home / "phrase").write_bytes(b"\xff\xfe")
    with pytest.raises(RegauditError, match="UTF-8") as caught:
        here.fetch("SELECT 1 AS a", password_file=FILE)
    assert caught.value.__cause__ is not None
    assert caught.value.__cause__.__cause__ is None


@KINDS
def test_rights_are_asked_for(kind: str, platform: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    here = platform(kind)
    here.add_user()
    if kind == "mysql":
        here.do(f"GRANT CREATE VIEW ON {here.name}.* TO {here.user}@'127.0.0.1'")
    monkeypatch.setenv("PLATFORM_PHRASE", PHRASE)
    with pytest.raises(RegauditError, match="授予该用户对所查表的 SELECT 权限"):
        here.fetch("SELECT * FROM LOG", user=here.user, password_env=VARIABLE)


KILLERS = {
    "postgresql": "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{name}'",
    "mysql": "SELECT id FROM information_schema.processlist WHERE db = '{name}'",
}


@KINDS
def test_a_server_gone_on_the_way_leaves_the_file_of_last_night(kind: str, platform: Open) -> None:
    here = platform(kind)
    last_night = here.fetch("SELECT 1 AS id").path.read_bytes()
    batches: list[int] = []

    def kill(_stage: str, done: int, _total: int) -> None:
        batches.append(done)
        if len(batches) == 1:
            for (found,) in here.do(KILLERS[kind].format(name=here.name)):
                if kind == "mysql":
                    here.do(f"KILL {found}")

    words: dict[str, Any] = {"options": {"application_name": here.name}} if kind == "postgresql" else {}
    with pytest.raises(RegauditError, match=r"取数中断.*起始时间不变"):
        here.fetch(WIDE_ROWS[kind].format(count=1_000_000), progress=kill, batch_rows=100, **words)
    assert batches
    assert here.left_behind() == [here.folder / "平台库.parquet"]
    assert here.left_behind()[0].read_bytes() == last_night


@KINDS
def test_a_reader_that_stops_lets_go_at_once(kind: str, platform: Open) -> None:
    here = platform(kind)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        here.fetch(WIDE_ROWS[kind].format(count=5_000_000), progress=stop, batch_rows=100)
    assert time.monotonic() - begun < 20
    assert here.left_behind() == []


@KINDS
def test_a_silent_server_is_given_up(kind: str, platform: Open) -> None:
    here = platform(kind)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        begun = time.monotonic()
        with pytest.raises(RegauditError, match=r"连接失败.*host、port"):
            here.fetch("SELECT 1 AS a", port=silent.getsockname()[1], connect_timeout_seconds=1)
    assert time.monotonic() - begun < 10


@KINDS
def test_an_answer_that_takes_too_long_is_given_up(kind: str, platform: Open) -> None:
    slow = {"postgresql": "SELECT pg_sleep(30) AS a", "mysql": "SELECT sleep(30) AS a"}
    with pytest.raises(RegauditError, match="answer_timeout_seconds"):
        platform(kind).fetch(slow[kind], answer_timeout_seconds=1)


@KINDS
def test_binary_columns_are_refused_by_name(kind: str, platform: Open) -> None:
    binary = {
        "postgresql": "SELECT 1 AS id, '\\x00'::bytea AS scan",
        "mysql": "SELECT 1 AS id, x'00' AS scan",
    }
    here = platform(kind)
    with pytest.raises(RegauditError, match="平台库:列 scan 是 bytes"):
        here.fetch(binary[kind])
    assert here.left_behind() == []


@KINDS
def test_what_was_fetched_is_imported_like_any_export(kind: str, platform: Open, desk: Desk) -> None:
    here = platform(kind)
    here.add((1, "受理", "2026-03-02 08:00:00"), (2, "审核", "2026-03-02 09:30:00"))
    at = "timezone('Asia/Shanghai', op_time)" if kind == "postgresql" else "op_time"
    query = (
        f"SELECT '00123' AS 业务号, '150602' AS 区县代码, name AS 环节, {at} AS 操作时间 FROM LOG ORDER BY id"
    )
    facts = desk.facts("import", here.fetch(query).path)
    assert (facts[0]["rows_read"], facts[0]["appended"], facts[0]["quarantined"]) == (2, 2, 0)
    assert [(action["case_no"], action["step"], action["occurred_at"]) for action in desk.actions()] == [
        ("00123", "accept", "2026-03-02T08:00:00"),
        ("00123", "review", "2026-03-02T09:30:00"),
    ]
