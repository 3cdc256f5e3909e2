"""What analysts carry away: tables and queries as Excel, CSV and Parquet, and what no query may do."""

import csv
import json
import os
import resource
import subprocess
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import fastexcel
import polars as pl
import pytest
from conftest import COMMAND, SRC, Desk, ordinary_case, step

from regaudit.base.errors import RegauditError
from regaudit.base.spreadsheet_text import MOST_ROWS, is_spoilt, looks_like_formula
from regaudit.catalogue.published import published_tables
from regaudit.outlets.export import chinese_headers
from regaudit.outlets.selection import Selected
from regaudit.outlets.table_files import check_rows

LONG = "2026030200000000017"
FORMULAS = ["=1+1", "+86 10", "-5", "@SUM(A1)", "\t=2", "＝3"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("export") / "home").make()
    rows = [*ordinary_case("00123"), *ordinary_case(LONG), *ordinary_case("=2+3")]
    rows += [
        step("p", "accept", "2026-03-02 09:00:00", "li"),
        step("p", "pause", "2026-03-03 09:00:00", "li", pause_kind="supplement", reason="=cmd|'/c calc'!A0"),
    ]
    desk.ok("import", desk.export("steps.csv", rows))
    desk.ok("check", "--as-of", "2026-03-10")
    return desk


def exported(world: Desk, path: Path, *words: str | Path) -> Path:
    world.ok("export", *words, "-o", path)
    return path


def asked(world: Desk, tmp_path: Path, sql: str, name: str = "x.parquet") -> Path:
    (tmp_path / "q.sql").write_text(sql, encoding="utf-8")
    return exported(world, tmp_path / name, "--sql", tmp_path / "q.sql")


def cells(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def sheet(path: Path) -> pl.DataFrame:
    return fastexcel.read_excel(path).load_sheet(0).to_polars()


def part(path: Path, name: str) -> str:
    with zipfile.ZipFile(path) as book:
        return book.read(f"xl/{name}").decode()


def test_a_table_comes_as_csv_that_excel_opens(world: Desk, tmp_path: Path) -> None:
    path = exported(world, tmp_path / "cases.csv", "cases")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    header, *rows = cells(path)
    assert header == list(published_tables()["cases"].columns)
    numbers = [row[header.index("case_no")] for row in rows]
    # Nothing but what would be computed is changed.
    assert sorted(numbers) == sorted(["'=2+3", "00123", LONG, "p"])
    assert rows[0][header.index("accepted_at")] == "2026-03-02 09:00:00"
    assert rows[0][header.index("due_on")] == "2026-03-09"


def test_csv_tells_which_columns_excel_would_spoil(world: Desk, tmp_path: Path) -> None:
    said = world.ok("export", "cases", "-o", tmp_path / "cases.csv")
    assert "case_no中有以0开头或很长的编号" in said.text
    facts = world.facts("export", "rule_runs", "-o", tmp_path / "rules.csv")
    assert facts["notices"] == []


def test_a_workbook_has_numbers_days_and_texts(world: Desk, tmp_path: Path) -> None:
    path = exported(world, tmp_path / "cases.xlsx", "cases")
    table = sheet(path)
    assert table.columns == list(published_tables()["cases"].columns)
    assert sorted(table["case_no"]) == sorted(["=2+3", "00123", LONG, "p"])
    assert table.schema["limit_days"].is_numeric()
    assert table["accepted_at"][0] == datetime(2026, 3, 2, 9)
    assert table.schema["due_on"] in (pl.Date, pl.Datetime("ms"))
    assert f"{table['due_on'][0]}".startswith("2026-03-09")
    inside = part(path, "worksheets/sheet1.xml")
    assert "<f>" not in inside, "a formula"
    assert 'state="frozen"' in inside
    assert "<autoFilter" in inside
    assert 'quotePrefix="1"' in part(path, "styles.xml")
    explained = fastexcel.read_excel(path).load_sheet("说明").to_polars()
    assert explained.row(0) == ("office", "登记机构")


def test_the_heading_may_be_chinese(world: Desk, tmp_path: Path) -> None:
    for suffix in ("xlsx", "parquet"):
        path = exported(world, tmp_path / f"steps.{suffix}", "steps", "--chinese-header")
        table = sheet(path) if suffix == "xlsx" else pl.read_parquet(path)
        assert table.columns[:5] == ["日志位置", "登记机构", "业务号", "环节", "节点"]


@pytest.mark.parametrize("table", published_tables())
def test_every_table_has_headings_of_its_own(table: str) -> None:
    class Schema:
        names = tuple(published_tables()[table].columns)

    selected = Selected(
        name=table, schema=Schema, comments=published_tables()[table].columns, rows=0, batches=iter(())
    )
    headers = chinese_headers(selected)
    assert len(set(headers)) == len(headers)
    assert all(any("\u4e00" <= sign <= "\u9fff" for sign in header) for header in headers)


def test_parquet_keeps_the_types(world: Desk, tmp_path: Path) -> None:
    table = pl.read_parquet(exported(world, tmp_path / "findings.parquet", "findings"))
    assert table.schema["evidence"] == pl.List(pl.Int64)
    assert table.schema["occurred_at"] == pl.Datetime("us")
    assert table.height == world.query("SELECT count(*) FROM findings")[0][0]


MIXED = """
SELECT 1234567890123456789 AS big, 12.5 AS fraction, CAST(7 AS HUGEINT) AS huge, true AS yes,
       DATE '2026-03-02' AS day, DATE '1899-01-01' AS early, TIMESTAMP '2026-03-02 09:00:00' AS moment,
       TIME '09:00' AS hour, CAST('nan' AS DOUBLE) AS odd, [1, 2] AS list, {'a': 1} AS pair,
       repeat('长', 40000) AS long, NULL AS nothing, '00123' AS id, chr(1) || 'x' AS control
"""


def test_a_workbook_keeps_what_excel_would_round(world: Desk, tmp_path: Path) -> None:
    (tmp_path / "q.sql").write_text(MIXED, encoding="utf-8")
    facts = world.facts("export", "--sql", tmp_path / "q.sql", "-o", tmp_path / "x.xlsx")
    assert ["1个单元格" in "".join(notice.split()) for notice in facts["notices"]] == [True]
    [row] = sheet(tmp_path / "x.xlsx").to_dicts()
    assert row["big"] == "1234567890123456789"
    assert (row["fraction"], row["huge"], row["yes"]) == (12.5, 7, True)
    assert f"{row['day']}".startswith("2026-03-02")
    assert row["early"] == "1899-01-01"
    assert row["moment"] == datetime(2026, 3, 2, 9)
    assert (row["hour"], row["odd"], row["list"], row["pair"]) == ("09:00:00", "nan", "1;2", '{"a":1}')
    assert row["long"] == "长" * 32_767
    assert row["id"] == "00123"
    row = dict(zip(*cells(asked(world, tmp_path, MIXED, "x.csv")), strict=True))
    assert row["long"] == "长" * 40_000
    assert (row["big"], row["yes"], row["list"], row["nothing"]) == ("1234567890123456789", "true", "1;2", "")


@pytest.mark.parametrize("text", FORMULAS)
def test_nothing_that_looks_like_a_formula_is_one(world: Desk, tmp_path: Path, text: str) -> None:
    assert looks_like_formula(text)
    sql = f"SELECT '{text}' AS \"{text}\", -5 AS number, '5-3' AS plain"
    header, row = cells(asked(world, tmp_path, sql, "x.csv"))
    assert (header[0], row) == (f"'{text}", [f"'{text}", "-5", "5-3"])
    path = asked(world, tmp_path, sql, "x.xlsx")
    assert "<f>" not in part(path, "worksheets/sheet1.xml")
    assert sheet(path)["number"].to_list() == [-5]


def test_what_excel_spoils_is_known() -> None:
    assert all(map(is_spoilt, ("00123", "0123", LONG, "123456789012345")))
    assert not any(map(is_spoilt, ("0", "123", "2026-03-02", "A001", "")))


def test_a_table_that_is_not_there_names_those_that_are(world: Desk, tmp_path: Path) -> None:
    run = world.run("export", "case", "-o", tmp_path / "x.csv")
    assert run.status == 2
    for known in ("没有表case", "cases(办件)", "handovers(交接)"):
        assert known in run.text


REFUSED = {
    "写错的列": ("SELECT office,\n       due\nFROM cases", ("q.sql第2行", "没有列due", "due_on")),
    "写错的表": ("SELECT *\nFROM\n  casess", ("第3行", "没有表casess", "cases")),
    "语法": ("SELECT office\nFORM cases", ("第2行", "不合SQL语法")),
    "分组": ("SELECT office, count(*) FROM cases", ("第1行", "GROUPBY")),
    "两条": ("SELECT 1; SELECT 2", ("有2条语句",)),
    "空": ("-- 无\n", ("没有语句",)),
    "写入": ("DELETE FROM cases", ("DELETE语句",)),
    "建表": ("CREATE TEMP TABLE t AS FROM cases", ("CREATE语句",)),
    "复制": ("COPY cases TO 'stolen.csv'", ("COPY语句",)),
    "设置": ("SET enable_external_access = true", ("SET语句",)),
    "附加": ("ATTACH 'other.duckdb'", ("ATTACH语句",)),
    "藏着的写入": ("WITH a AS (DELETE FROM cases RETURNING *) SELECT * FROM a", ("只能查询",)),
    "读文件": ("SELECT * FROM read_text('/etc/hostname')", ("不能读文件",)),
    "文件当表": ("SELECT * FROM '/etc/hostname'", ("没有表",)),
    "变量当表": ("SELECT * FROM selected", ("没有表selected",)),
    "目录": ("SELECT * FROM glob('/etc/*')", ("不能读文件",)),
    "参数": ("SELECT $office", ("参数office没有值",)),
    "间隔": ("SELECT INTERVAL 1 DAY AS d", ("列d是时间间隔",)),
    "同名": ("SELECT office, office FROM cases", ("列名office不止一个",)),
    "转换": ("SELECT CAST(office || 'x' AS INTEGER) FROM cases", ("TRY_CAST",)),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_query_that_cannot_be_answered_says_why_and_where(world: Desk, tmp_path: Path, case: str) -> None:
    sql, told = REFUSED[case]
    (tmp_path / "q.sql").write_text(sql, encoding="utf-8")
    before = (world.home / "regaudit.duckdb").read_bytes()
    run = world.run("export", "--sql", tmp_path / "q.sql", "-o", tmp_path / "x.csv")
    assert run.status == 1, run
    assert not [word for word in told if word not in run.text], run.text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["q.sql"]
    assert (world.home / "regaudit.duckdb").read_bytes() == before


def test_what_is_there_stays_until_force(world: Desk, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("mine", encoding="utf-8")
    run = world.run("export", "offices", "-o", path)
    assert (run.status, path.read_text(encoding="utf-8")) == (1, "mine")
    assert "--force" in run.text
    (tmp_path / "q.sql").write_text("SELECT CAST('x' AS INTEGER) FROM cases", encoding="utf-8")
    assert world.run("export", "--sql", tmp_path / "q.sql", "-o", path, "--force").status == 1
    assert path.read_text(encoding="utf-8") == "mine", "a failed export takes nothing away"
    world.ok("export", "offices", "-o", path, "--force")
    assert cells(path)[1][0] == "150602"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("cases", "-o", "x.txt"), (2, ".xlsx、.csv、.parquet")),
        (("-o", "x.csv"), (2, "二者取一")),
        (("cases", "--sql", "q.sql", "-o", "x.csv"), (2, "二者取一")),
        (("--sql", "q.sql", "--chinese-header", "-o", "x.csv"), (2, "AS")),
        (("--sql", "none.sql", "-o", "x.csv"), (1, "none.sql")),
        (("cases", "-o", "none/x.csv"), (1, "没有文件夹")),
    ],
)
def test_what_cannot_be_meant_is_told(
    world: Desk,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    told: tuple[int, str],
) -> None:
    monkeypatch.chdir(tmp_path)
    run = world.run("export", *words)
    assert (run.status, told[1] in run.text) == (told[0], True), run
    assert not list(tmp_path.iterdir())


def test_a_query_in_another_encoding_is_refused(world: Desk, tmp_path: Path) -> None:
    (tmp_path / "q.sql").write_bytes("SELECT office AS 机构 FROM cases".encode("gb18030"))
    run = world.run("export", "--sql", tmp_path / "q.sql", "-o", tmp_path / "x.csv")
    assert (run.status, "UTF-8" in run.text) == (1, True)
    (tmp_path / "q.sql").write_bytes("\ufeffSELECT office AS 机构 FROM cases".encode())
    world.ok("export", "--sql", tmp_path / "q.sql", "-o", tmp_path / "x.csv")
    assert cells(tmp_path / "x.csv")[0] == ["机构"]


def test_who_has_the_database_alone_exports_from_it(world: Desk, tmp_path: Path) -> None:
    words = ["export", "offices", "-o", f"{tmp_path / 'x.csv'}", "--json"]
    words += ["--database", f"{world.home / 'regaudit.duckdb'}", "--home", f"{tmp_path}"]
    environment = os.environ | {"PYTHONPATH": str(SRC), "PYTHONUTF8": "1"}
    done = subprocess.run([*COMMAND, *words], capture_output=True, text=True, check=True, env=environment)
    facts: dict[str, Any] = json.loads(done.stdout)
    assert (facts["rows"], facts["columns"]) == (1, 9)
    assert facts["bytes"] == (tmp_path / "x.csv").stat().st_size


def test_a_sheet_holds_a_heading_and_so_many_rows() -> None:
    check_rows(MOST_ROWS - 1)
    with pytest.raises(RegauditError, match="1,048,575 行"):
        check_rows(MOST_ROWS)


@pytest.mark.slow
def test_more_rows_than_a_sheet_holds_are_refused_with_what_to_do(world: Desk, tmp_path: Path) -> None:
    run_sql = f"SELECT 1 AS one FROM range({MOST_ROWS})"
    (tmp_path / "q.sql").write_text(run_sql, encoding="utf-8")
    run = world.run("export", "--sql", tmp_path / "q.sql", "-o", tmp_path / "x.xlsx")
    assert run.status == 1
    for word in ("1,048,575行", ".parquet", "--sql"):
        assert word in run.text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["q.sql"]
    # One fewer fits, and nothing of it is lost.
    path = asked(world, tmp_path, f"SELECT range AS one FROM range({MOST_ROWS - 1})", "x.xlsx")
    assert sheet(path)["one"].sum() == (MOST_ROWS - 1) * (MOST_ROWS - 2) // 2
    assert pl.read_parquet(asked(world, tmp_path, run_sql)).height == MOST_ROWS


@pytest.mark.long
def test_memory_does_not_grow_with_the_rows(world: Desk, tmp_path: Path) -> None:
    def peak(rows: int, suffix: str) -> float:
        (tmp_path / "q.sql").write_text(
            f"SELECT range AS n, repeat('字', 800) || range AS t FROM range({rows})", encoding="utf-8"
        )
        words = ["export", "--sql", f"{tmp_path / 'q.sql'}", "-o", f"{tmp_path / f'm.{suffix}'}", "--force"]
        process = subprocess.Popen(
            [*COMMAND, *words, "--home", str(world.home)], env=os.environ | {"PYTHONPATH": str(SRC)}
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        return usage.ru_maxrss / 1024

    for suffix in ("csv", "xlsx"):
        assert peak(50_000, suffix) < peak(2_500, suffix) + 80, suffix


@pytest.mark.parametrize("name", ["说明", "History", "a[1]:*?'b", "长" * 40])
def test_a_sheet_is_called_as_sheets_can_be(world: Desk, tmp_path: Path, name: str) -> None:
    (tmp_path / f"{name}.sql").write_text("SELECT 1 AS one", encoding="utf-8")
    path = exported(world, tmp_path / "x.xlsx", "--sql", tmp_path / f"{name}.sql")
    first, second = fastexcel.read_excel(path).sheet_names
    assert (second, len(first) <= 31, first != second) == ("说明", True, True)


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "parquet"])
def test_a_file_that_has_no_room_leaves_nothing(world: Desk, tmp_path: Path, suffix: str) -> None:
    sql = "SELECT hash(range) AS n, 'x' || hash(range + 1) AS t FROM range(30000)"
    (tmp_path / "q.sql").write_text(sql, encoding="utf-8")
    words = ["export", "--sql", f"{tmp_path / 'q.sql'}", "-o", f"{tmp_path / f'x.{suffix}'}"]
    done = subprocess.run(
        [*COMMAND, *words, "--home", str(world.home)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(SRC), "PYTHONUTF8": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000)),
    )
    assert done.returncode == 1
    assert "无法写入" in done.stderr, done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["q.sql"]


def test_days_are_days_in_csv(world: Desk, tmp_path: Path) -> None:
    [_, row] = cells(asked(world, tmp_path, "SELECT min(due_on) AS d FROM cases", "x.csv"))
    assert date.fromisoformat(row[0]) == date(2026, 3, 9)
