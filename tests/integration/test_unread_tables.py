"""What of an export was not read: told by preview, import, listing and night, and it accuses nobody."""

import shutil
import zipfile
from pathlib import Path
from typing import Any

import duckdb
import pytest
import xlsxwriter
from conftest import Desk, as_csv, ordinary_case, step

pytestmark = pytest.mark.long

SAMPLE = Path(__file__).parents[2] / "sample_logs" / "shapes" / "national-2015"
HEADER = ["业务号", "区县代码", "环节", "操作时间", "账号"]
ROWS = [
    ["A1", "150602", "受理", "2026-03-02 09:00:00", "li"],
    ["A1", "150602", "审核", "2026-03-02 10:00:00", "wu"],
]
NOTES = [["说明", "版本"], ["由平台导出", "3"]]


@pytest.fixture
def national(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SAMPLE, tmp_path / "export"))


def rename_column(table: Path) -> None:
    table.write_text(table.read_text("gb18030").replace("SHJSSJ", "SHWCSJ"), encoding="gb18030")


def cut_rows(table: Path) -> None:
    table.write_text(table.read_text("gb18030").splitlines()[0] + "\n", encoding="gb18030")


def cut_all(table: Path) -> None:
    table.write_bytes(b"")


def remove(table: Path) -> None:
    table.unlink()


LOSSES = {
    "a column renamed": (rename_column, "lacking", "SHJSSJ"),
    "a header only": (cut_rows, "empty", "只有表头"),
    "an empty file": (cut_all, "omitted", "空文件"),
    "the file gone": (remove, "missing", "没有这张表"),
}


def workbook(path: Path, sheets: dict[str, list[list[str]]]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return path


def missing_steps(desk: Desk) -> list[Any]:
    desk.ok("check", "--as-of", "2026-03-31")
    found = desk.facts("findings", "--rule", "missing-step")
    assert isinstance(found, list)
    return found


def reasons(result: dict[str, Any]) -> list[tuple[str, str]]:
    return [(table["name"], table["why"]) for table in result["unread"]]


@pytest.mark.parametrize(("lose", "why", "word"), LOSSES.values(), ids=LOSSES)
def test_a_review_table_that_cannot_be_read_makes_the_import_incomplete_and_accuses_nobody(
    desk: Desk, national: Path, lose: Any, why: str, word: str
) -> None:
    lose(national / "SH.csv")
    preview = desk.facts("preview", national, status=3)
    [result] = desk.facts("import", national, status=3)
    [table] = result["unread"]
    assert (table["why"], table.get("steps")) == (why, ["review"])
    assert "SH" in table["name"]
    assert word in table["reason"]
    assert preview["exports"][0]["unread"] == result["unread"]
    assert missing_steps(desk) == []
    # The very same bytes are as incomplete as they were.
    [again] = desk.facts("import", national, status=3)
    assert again["was_known_file"]
    # Once the table is read, what it shows counts again.
    shutil.copy(SAMPLE / "SH.csv", national / "SH.csv")
    reviews = (national / "SH.csv").read_text("gb18030").splitlines()
    (national / "SH.csv").write_text("\n".join(reviews[:3]), encoding="gb18030")
    [whole] = desk.facts("import", national)
    assert whole["unread"] == []
    assert missing_steps(desk)


def test_the_same_table_read_leaves_a_booking_without_review_a_finding(desk: Desk, national: Path) -> None:
    reviews = (national / "SH.csv").read_text("gb18030").splitlines()
    (national / "SH.csv").write_text("\n".join(reviews[:3]), encoding="gb18030")
    [result] = desk.facts("import", national)
    assert result["unread"] == []
    assert missing_steps(desk)


def test_a_table_that_is_read_again_convicts_cases_to_which_nothing_else_happened(
    desk: Desk, national: Path
) -> None:
    rest = [step(f"c{number}", "refuse", "2026-03-02 09:00:00") for number in range(200)]
    desk.ok("import", desk.export("rest.csv", rest))
    reviews = (national / "SH.csv").read_text("gb18030").splitlines()
    rename_column(national / "SH.csv")
    desk.facts("import", national, status=3)
    assert missing_steps(desk) == []
    (national / "SH.csv").write_text("\n".join(reviews[:3]), encoding="gb18030")
    desk.facts("import", national)
    found = missing_steps(desk)
    assert found
    with duckdb.connect(desk.home / ".work" / "warehouse.duckdb", read_only=True) as db:
        assert db.execute("FROM duckdb_tables() WHERE table_name = 'touched'").fetchall()
    desk.ok("check", "--as-of", "2026-03-31", "--rebuild")
    assert desk.facts("findings", "--rule", "missing-step") == found


def test_a_lost_table_that_gives_no_review_acquits_nobody(desk: Desk, national: Path) -> None:
    reviews = (national / "SH.csv").read_text("gb18030").splitlines()
    (national / "SH.csv").write_text("\n".join(reviews[:3]), encoding="gb18030")
    cut_all(national / "SZ.csv")
    [result] = desk.facts("import", national, status=3)
    assert [table.get("steps") for table in result["unread"]] == [["certify"]]
    assert missing_steps(desk)


def test_what_was_found_before_the_table_was_lost_stays_found(desk: Desk, national: Path) -> None:
    whole = (national / "SH.csv").read_text("gb18030")
    (national / "SH.csv").write_text("\n".join(whole.splitlines()[:3]), encoding="gb18030")
    desk.facts("import", national)
    before = missing_steps(desk)
    rename_column(national / "SH.csv")
    desk.facts("import", national, status=3)
    assert missing_steps(desk) == before


def test_tables_that_never_had_a_row_and_tables_that_the_mapping_leaves_out_alarm_nobody(
    desk: Desk, national: Path
) -> None:
    [result] = desk.facts("import", national)
    assert (result["unread"], result["declared"]) == ([], ["SQR.csv"])
    [listed] = desk.facts("imports")["imports"]
    assert (listed["unread"], listed["declared"]) == ([], ["SQR.csv"])


@pytest.mark.parametrize("lose", [cut_rows, cut_all, remove])
def test_a_table_that_earlier_imports_read_is_missed_whatever_it_gives(
    desk: Desk, national: Path, lose: Any
) -> None:
    desk.facts("import", national)
    lose(national / "FZ.csv")
    for night in range(2):
        (national / "GD.csv").write_text(
            (national / "GD.csv").read_text("gb18030").rstrip() + "\n" * (night + 1), encoding="gb18030"
        )
        [result] = desk.facts("import", national, status=3)
        [table] = result["unread"]
        assert (table["tables"], table.get("steps")) == (["FZ"], ["issue"])
    text = desk.ok("imports").text
    assert "未读取" in text


def test_a_sheet_of_no_kind_is_missed_until_it_stood_there_five_times(desk: Desk, tmp_path: Path) -> None:
    found = []
    for night in range(6):
        rows = [HEADER, *ROWS, ["A2", "150602", "受理", f"2026-03-0{night + 2} 11:00:00", "li"]]
        path = workbook(tmp_path / "log.xlsx", {"说明": NOTES, "日志": rows})
        [result] = desk.facts("import", path, status=3 if night < 5 else 0)
        found.append(reasons(result))
    assert found == [[("说明", "unrecognised")]] * 5 + [[]]
    assert result["ignored"] == ["说明(不是办件日志,也不是账号名册)"]


def test_a_blank_sheet_is_nothing(desk: Desk, tmp_path: Path) -> None:
    path = workbook(tmp_path / "log.xlsx", {"日志": [HEADER, *ROWS], "Sheet2": []})
    [result] = desk.facts("import", path)
    assert (result["unread"], result["ignored"]) == ([], [])


def test_a_sheet_that_was_read_before_and_is_blank_now_is_missed(desk: Desk, tmp_path: Path) -> None:
    sheets = {"受理": [HEADER, ROWS[0]], "审核": [HEADER, ROWS[1]]}
    desk.facts("import", workbook(tmp_path / "log.xlsx", sheets))
    [result] = desk.facts("import", workbook(tmp_path / "log.xlsx", sheets | {"审核": []}), status=3)
    assert reasons(result) == [("审核", "missing")]


def test_a_sheet_that_was_read_before_and_has_other_columns_now_may_hold_any_step(
    desk: Desk, tmp_path: Path
) -> None:
    booked = [
        ["A2", "150602", word, f"2026-03-03 1{n}:00:00", "li"] for n, word in enumerate(("受理", "登簿"))
    ]
    sheets = {"受理": [HEADER, ROWS[0], booked[0]], "审核": [HEADER, ROWS[1]]}
    desk.facts("import", workbook(tmp_path / "log.xlsx", sheets))
    changed = {"受理": [HEADER, ROWS[0], *booked], "审核": [["号", "人", "何时"], ["A2", "x", "y"]]}
    [result] = desk.facts("import", workbook(tmp_path / "log.xlsx", changed), status=3)
    [table] = result["unread"]
    assert (table["name"], table["tables"], table.get("steps", [])) == ("审核", ["审核"], [])
    assert missing_steps(desk) == []


def test_files_by_date_in_a_folder_are_the_same_table_each_night(desk: Desk, tmp_path: Path) -> None:
    for day in ("20260302", "20260303"):
        folder = tmp_path / f"导出{day}"
        folder.mkdir()
        for name in ("窗口", "网上"):
            shutil.copy(desk.export(f"{name}{day}.csv", ordinary_case(f"{name}{day}")), folder)
        [result] = desk.facts("import", folder)
        assert result["unread"] == []


def test_an_archive_in_an_archive_is_told_by_name_only(desk: Desk, tmp_path: Path) -> None:
    inner = tmp_path / "b.zip"
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("张三的记录.csv", "秘密列\n110101199001011234\n")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(desk.export("log.csv", [step("A1", "accept", "2026-03-02 09:00:00")]), "log.csv")
        archive.write(inner, "b.zip")
    run = desk.run("import", tmp_path / "a.zip")
    assert run.status == 3
    assert "b.zip" in run.text
    assert "秘密列" not in run.text
    assert "张三" not in run.text


def test_footers_are_counted_and_not_shown(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    lines = [",".join(row) for row in [HEADER, *ROWS]]
    path.write_text("\n".join([*lines, "合计:2 条,,,,", "导出人:赵六,,,,"]), encoding="utf-8")
    [result] = desk.facts("import", path)
    assert (result["rows_read"], result["quarantined"], result["footers"]) == (2, 0, 2)
    text = desk.ok("import", path).text
    assert "略去表尾2行" in text
    assert "赵六" not in text


def test_the_table_of_a_later_day_does_not_stand_for_one_that_was_lost(desk: Desk, tmp_path: Path) -> None:
    rows = {day: ordinary_case(f"C{day[-2:]}", day) for day in ("2026-03-02", "2026-03-03", "2026-03-04")}

    def imported(name: str, days: list[str], *, reviewed: list[str], lacks: str = "") -> None:
        told = [row for day in days for row in rows[day] if row["step"] != "review" or day in reviewed]
        tables = {
            "受理登簿.csv": [row for row in told if row["step"] != "review"],
            "审核.csv": [row for row in told if row["step"] == "review"],
        }
        with zipfile.ZipFile(tmp_path / name, "w") as file:
            for table, some in tables.items():
                if table != lacks:
                    file.writestr(table, as_csv(some))
        assert desk.run("import", tmp_path / name).status == (3 if lacks else 0)
        desk.ok("check", "--as-of", "2026-03-05")

    found = "SELECT case_no FROM findings WHERE rule = 'missing-step' AND state = 'open'"
    first, second, third = rows
    imported("1.zip", [first], reviewed=[first])
    imported("2.zip", [second], reviewed=[second], lacks="审核.csv")
    imported("3.zip", [third], reviewed=[third])
    assert desk.query(found) == []
    # An export of all days that has no review of that case either says that there was none.
    imported("4.zip", list(rows), reviewed=[first, third])
    assert desk.query(found) == [("C03",)]
