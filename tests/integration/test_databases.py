"""Queries on a real PostgreSQL and a real MariaDB: what arrives, what is refused, what is never told.

The servers are those of `servers.py`. Every test has a schema of its own.
"""

import socket
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest
from conftest import Desk
from platforms import KINDS, MEGABYTE, WIDE_ROWS, ZONE, Open

from regaudit.base.errors import RegauditError


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
