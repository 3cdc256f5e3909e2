"""A query is read as carefully as a file: garbled names, times, emptied tables, rows in quarantine."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from conftest import Desk
from platforms import KINDS, Open, Platform
from servers import port

from regaudit.base.source_settings import Database
from regaudit.operation.nightly import NightSummary, run_night
from regaudit.operation.open import open_workspace
from regaudit.sources.databases.charsets import charset_advice

QUERY = (
    "SELECT '2026' || id AS 业务号, '150602' AS 区县代码, step AS 环节, name AS 操作人, op_time AS 操作时间 "
    "FROM LOG WHERE op_time >= {since} ORDER BY id"
)
WATERMARK = '"操作时间"'


class Centre:
    """A workspace whose one source is a query on a platform's table."""

    def __init__(self, desk: Desk, here: Platform) -> None:
        self.desk, self.here = desk, here
        self.do(f"ALTER TABLE {here.name}.log ADD COLUMN step varchar(40)")

    def do(self, statement: str, *parameters: object) -> None:
        self.here.do(statement, *parameters)

    def add(self, number: int, name: str, at: str | None, step: str = "受理") -> None:
        self.do(f"INSERT INTO {self.here.name}.log VALUES (%s, %s, %s, %s)", number, name, at, step)

    def ask(
        self, query: str = QUERY, watermark: str = "操作时间", overlap: int = 1440, options: str = ""
    ) -> None:
        text = query.replace("LOG", f"{self.here.name}.log")
        if self.here.kind == "mysql":
            text = text.replace("'2026' || id", "concat('2026', id)")
        database = "test" if self.here.kind == "postgresql" else self.here.name
        self.desk.configure(
            f'[[sources]]\nname = "平台库"\nquery = """{text}"""\n[sources.database]\n'
            f'kind = "{self.here.kind}"\nhost = "127.0.0.1"\nport = {port(self.here.kind)}\n'
            f'user = "root"\ndatabase = "{database}"\n'
            + (f'watermark = "{watermark}"\noverlap_minutes = {overlap}\n' if watermark else "")
            + options
        )

    def night(self, day: str = "2026-03-20") -> NightSummary:
        at = datetime.fromisoformat(f"{day} 14:30:00").replace(tzinfo=UTC)
        with open_workspace(self.desk.home, "nightly", clock=lambda: at) as workspace:
            return run_night(workspace, (), as_of=workspace.now())

    @property
    def watermarks(self) -> list[str]:
        return [event.state.get("watermark", "") for event in self.desk.events("import-recorded")]

    @property
    def operators(self) -> list[str]:
        return sorted(action["operator"] for action in self.desk.actions())


@pytest.fixture
def centre(desk: Desk, platform: Open) -> Callable[[str], Centre]:
    return lambda kind: Centre(desk, platform(kind))


GARBLED = ["??", "ÕÅÎ°", "å¼\xa0ä¼Ÿ", "寮犱紵", "张\ufffd"]


@pytest.mark.parametrize("kind", ["postgresql", pytest.param("mysql", marks=pytest.mark.slow)])
def test_a_query_that_comes_garbled_is_refused_with_what_to_set(
    kind: str, centre: Callable[..., Centre]
) -> None:
    here = centre(kind)
    for number, name in enumerate(GARBLED):
        here.add(number, name, "2026-03-02 09:00:00")
    here.ask()
    night = here.night()
    [failure] = night.failures
    for words in ("乱码", "charset", "[sources.database]", "options", "平台库"):
        assert words in failure
    assert not any(name in failure for name in GARBLED)
    assert here.desk.events("step-recorded") == []
    assert (here.watermarks, night.exit_status, night.light) == ([], 1, "red")


ADVISED = {
    "postgresql": ("convert_from(convert_to(name, 'LATIN1'), 'GBK')", {"client_encoding": "GBK"}),
    "mysql": ("CONVERT(CAST(CONVERT(name USING latin1) AS BINARY) USING gbk)", {"charset": "gbk"}),
}


@KINDS
def test_what_is_advised_gives_the_name(kind: str, platform: Open) -> None:
    here = platform(kind)
    here.add((1, "ÕÅÎ°", None), (2, "张伟", None))
    in_query, options = ADVISED[kind]
    advice = charset_advice(Database(kind=kind, host="db", user="u"))  # type: ignore[arg-type]
    assert in_query.replace("name", "列") in advice
    assert f'{next(iter(options))} = "{next(iter(options.values()))}"' in advice
    assert here.rows(f"SELECT {in_query} AS name FROM LOG WHERE id = 1") == [("张伟",)]
    assert here.rows("SELECT name FROM LOG WHERE id = 2", options=options) == [("张伟",)]


def test_one_garbled_row_waits_in_quarantine_and_names_are_innocent(centre: Callable[..., Centre]) -> None:
    here = centre("postgresql")
    for number, name in enumerate(["张伟", "José", "Müller", "ÕÅÎ°"]):
        here.add(number, name, "2026-03-02 09:00:00")
    here.ask()
    night = here.night()
    assert (night.failures, night.quarantined, night.exit_status) == ([], 1, 3)
    assert here.operators == ["José", "Müller", "张伟"]
    [path] = (here.desk.home / "quarantine").glob("*.csv")
    assert "charset" in path.read_text(encoding="utf-8-sig")


def test_a_file_is_read_by_the_same_check(desk: Desk) -> None:
    columns = ["业务号", "区县代码", "环节", "操作人", "操作时间"]
    rows = [
        [f"2026{n}", "150602", "受理", name, "2026-03-02 09:00:00"]
        for n, name in enumerate([*GARBLED, "José"])
    ]
    path = desk.home / "steps.csv"
    path.write_text("\n".join(map(",".join, [columns, *rows])), encoding="utf-8")
    run = desk.run("import", path)
    assert run.status == 3
    assert [action["operator"] for action in desk.actions()] == ["José"]


@pytest.mark.slow
def test_a_query_that_gave_rows_and_gives_none_is_unread(centre: Callable[..., Centre]) -> None:
    here = centre("postgresql")
    here.ask()
    assert here.night("2026-03-19").unread == []
    here.add(1, "张伟", "2026-03-02 09:00:00")
    assert here.night("2026-03-20").unread == []
    here.do(f"TRUNCATE {here.here.name}.log")
    for day in ("2026-03-23", "2026-03-23"):
        night = here.night(day)
        assert "一行也没有返回" in night.unread[0]
        assert [reason.code for reason in night.because if reason.code in ("unread", "failed")] == ["unread"]
        assert night.exit_status == 3
    here.do(f"DROP TABLE {here.here.name}.log")
    night = here.night("2026-03-25")
    assert "表不在了" in night.unread[0]
    assert (night.failures, night.light) == ([], "yellow")


@pytest.mark.slow
def test_a_table_that_never_was_is_a_failure(centre: Callable[..., Centre]) -> None:
    here = centre("postgresql")
    here.ask(QUERY.replace("LOG", "no_such"))
    night = here.night()
    assert (len(night.failures), night.unread) == (1, [])


@pytest.mark.slow
def test_without_an_overlap_a_quiet_night_is_none(centre: Callable[..., Centre]) -> None:
    here = centre("postgresql")
    here.add(1, "张伟", "2026-03-02 09:00:00")
    here.ask(QUERY.replace(">=", ">"), overlap=0)
    assert here.night("2026-03-20").unread == []
    assert here.night("2026-03-23").unread == []


def test_the_watermark_stays_before_a_row_in_quarantine(centre: Callable[..., Centre]) -> None:
    here = centre("postgresql")
    here.ask(QUERY.replace(">=", ">"), overlap=0)
    here.add(1, "张伟", "2026-03-02 09:00:00")
    here.add(2, "??", "2026-03-03 09:00:00")
    here.add(3, "李四", "2026-03-04 09:00:00")
    assert here.night("2026-03-05").quarantined == 1
    assert here.watermarks == ["2026-03-03T08:59:59"]
    here.add(4, "王五", "2026-03-05 09:00:00")
    # Still open: it waits, and holds the watermark where it is.
    night = here.night("2026-03-06")
    assert (night.quarantined, night.quarantined_open, night.failures) == (0, 1, [])
    assert here.watermarks[-1] == "2026-03-03T08:59:59"
    # The platform corrects it, without touching its time.
    here.do(f"UPDATE {here.here.name}.log SET name = '赵六' WHERE id = 2")
    here.night("2026-03-07")
    assert here.operators == ["张伟", "李四", "王五", "赵六"]
    assert here.watermarks[-1] == "2026-03-05T09:00:00"


@pytest.mark.slow
def test_a_dismissed_row_holds_nothing(centre: Callable[..., Centre]) -> None:
    here = centre("postgresql")
    here.ask()
    here.add(1, "张伟", "2026-03-02 09:00:00")
    here.add(2, "??", "2026-03-02 09:30:00")
    here.add(3, "李四", "2026-03-04 09:00:00")
    here.night("2026-03-05")
    assert here.watermarks == ["2026-03-02T09:29:59"]
    here.desk.ok("quarantine", "--dismiss", "1", "--reason", "平台上已更正", "--by", "li")
    here.add(4, "王五", "2026-03-05 09:00:00")
    here.night("2026-03-06")
    assert here.watermarks[-1] == "2026-03-05T09:00:00"


INSTANTS = {
    "2026-03-02 09:00:00": "2026-03-02T09:00:00",
    "2026-03-02 09:00:00+08": "2026-03-02T09:00:00",
    "2026-03-02 09:00:00+0800": "2026-03-02T09:00:00",
    "2026-03-02T09:00:00+08:00": "2026-03-02T09:00:00",
    "2026-03-02 01:00:00Z": "2026-03-02T09:00:00",
    "2026-03-02T01:00:00.000Z": "2026-03-02T09:00:00",
    "2026-03-01 20:00:00-05": "2026-03-02T09:00:00",
    "2026-03-02 06:30:00 +0530": "2026-03-02T09:00:00",
    "2026-03-02 09:00:00.25+08": "2026-03-02T09:00:00.250000",
    "20260302T090000+0800": "2026-03-02T09:00:00",
    "20260302090000": "2026-03-02T09:00:00",
    "2026/3/2 9:00": "2026-03-02T09:00:00",
    "2026年3月2日 9时0分": "2026-03-02T09:00:00",
    "2026-03-02": "2026-03-02",
    "2026-03-02 09:00:00+25": None,
    "2026-03-02 09:00:00+08:75": None,
    "2026-03-02 25:00:00+08": None,
    "2026-13-02 09:00:00Z": None,
    "昨天": None,
}
NATIVE = {
    "timestamp '2026-03-02 09:00:00'": "2026-03-02T09:00:00",
    "timestamptz '2026-03-02 09:00:00+08'": "2026-03-02T09:00:00",
    "timestamptz '2026-03-02 01:00:00Z'": "2026-03-02T09:00:00",
    "timestamptz '2026-03-01 20:00:00.5-05'": "2026-03-02T09:00:00.500000",
    "timestamp '2026-03-02 00:00:00'": "2026-03-02",
    "date '2026-03-02'": "2026-03-02",
    "timestamp 'infinity'": None,
}
COLUMNS = ("业务号", "区县代码", "环节", "操作时间")


def as_csv_file(folder: Path, rows: list[tuple[str, ...]]) -> Path:
    path = folder / "steps.csv"
    path.write_text("\n".join(map(",".join, [COLUMNS, *rows])), encoding="utf-8")
    return path


def as_xlsx(folder: Path, rows: list[tuple[str, ...]]) -> Path:
    path = folder / "steps.xlsx"
    with xlsxwriter.Workbook(str(path), {"strings_to_numbers": False}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([COLUMNS, *rows]):
            for place, cell in enumerate(row):
                sheet.write_string(number, place, cell)
    return path


def as_json_lines(folder: Path, rows: list[tuple[str, ...]]) -> Path:
    path = folder / "steps.jsonl"
    lines = [json.dumps(dict(zip(COLUMNS, row, strict=True)), ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def read_back(desk: Desk, path: Path, count: int) -> list[str | None]:
    """The time of each row as the log has it; None where it was refused, for the same reason everywhere."""
    desk.run("import", path)
    times = {action["case_no"]: action["occurred_at"] for action in desk.actions()}
    reasons = [text.read_text(encoding="utf-8-sig") for text in (desk.home / "quarantine").glob("*.csv")]
    assert sum(text.count("不是可识别的时间") for text in reasons) == count - len(times)
    return [times.get(f"c{n}") for n in range(count)]


@pytest.mark.parametrize("door", [as_csv_file, as_xlsx, as_json_lines])
def test_each_writing_of_a_time_is_the_same_instant_in_a_file(desk: Desk, tmp_path: Path, door: Any) -> None:
    rows = [(f"c{n}", "150602", "受理", text) for n, text in enumerate(INSTANTS)]
    assert read_back(desk, door(tmp_path, rows), len(rows)) == list(INSTANTS.values())


def test_each_writing_of_a_time_is_the_same_instant_in_a_query(desk: Desk, platform: Open) -> None:
    here = platform("postgresql")
    texts = " UNION ALL ".join(
        f"SELECT 'c{n}' AS 业务号, '150602' AS 区县代码, '受理' AS 环节, '{text}'::text AS 操作时间"
        for n, text in enumerate(INSTANTS)
    )
    fetched = here.fetch(f"SELECT * FROM ({texts}) AS t WHERE {{since}} IS NOT NULL", watermark="操作时间")
    assert read_back(desk, fetched.path, len(INSTANTS)) == list(INSTANTS.values())
    # The watermark is read by the same reader.
    assert fetched.watermark == "2026-03-02T09:00:00.250000"


@pytest.mark.parametrize(("number", "native"), list(enumerate(NATIVE)))
def test_each_native_time_is_the_same_instant(desk: Desk, platform: Open, number: int, native: str) -> None:
    here = platform("postgresql")
    query = f"SELECT 'c0' AS 业务号, '150602' AS 区县代码, '受理' AS 环节, {native} AS 操作时间"
    assert read_back(desk, here.fetch(query).path, 1) == [list(NATIVE.values())[number]]
