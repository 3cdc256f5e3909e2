"""Quarantine files, corrected as people do it and imported again: what is open, and what is closed."""

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from conftest import Desk, as_csv, ordinary_case, step

from regaudit.intake.quarantine.file import NOTES

GOOD = "2026-03-02 09:00:00"
Rows = list[dict[str, str]]
Change = Callable[[dict[str, str]], dict[str, str]]


def rejected(desk: Desk, number: int) -> Path:
    """The quarantine file of an import, wherever it is."""
    [path] = (desk.home / "quarantine").rglob(f"{number:06d}-*.csv")
    return path


def rows_of(path: Path) -> Rows:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def corrected(desk: Desk, name: str, rows: Sequence[dict[str, str]], encoding: str = "utf-8-sig") -> Path:
    path = desk.home / name
    path.write_text(as_csv(rows), encoding=encoding)
    return path


def workbook(path: Path, rows: Sequence[dict[str, str]], extra: Sequence[str] = ()) -> Path:
    """Rows as a person saves them from a spreadsheet: whole numbers are numbers there."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet("Sheet1")
        for column, name in enumerate(rows[0]):
            sheet.write_string(0, column, name)
            for number, row in enumerate(rows, start=1):
                cell = row[name]
                if cell.isascii() and cell.isdigit() and len(cell) < 12 and not cell.startswith("0"):
                    sheet.write_number(number, column, int(cell))
                else:
                    sheet.write_string(number, column, cell)
        for name in extra:
            book.add_worksheet(name)
    path.write_bytes(content.getvalue())
    return path


def fixed(row: dict[str, str], **cells: str) -> dict[str, str]:
    return row | cells


def still_open(desk: Desk) -> dict[int, int]:
    return {entry["import_no"]: entry["open"] for entry in desk.facts("quarantine")}


def bad(desk: Desk, *cases: str) -> Path:
    """An export of a good case and some with times that are none."""
    rows = [*ordinary_case("1"), *(step(case, "accept", "三月") for case in cases)]
    path = desk.export("steps.csv", rows)
    [result] = desk.facts("import", path, status=3)
    assert result["quarantined"] == len(cases)
    return rejected(desk, result["import_no"])


def test_what_is_open_is_listed_with_file_reasons_and_what_to_do(desk: Desk) -> None:
    assert "没有待改正的隔离行" in desk.ok("quarantine").out
    path = bad(desk, "2", "3")
    [entry] = desk.facts("quarantine")
    reason = "不是可识别的时间,应如 2026-03-02 09:00:00"
    assert entry["reasons"] == [{"column": "occurred_at", "reason": reason, "rows": 2}]
    counts = ("import_no", "file", "rejected", "open", "in_file", "quarantine_file")
    assert [entry[name] for name in counts] == [1, "steps.csv", 2, 2, 2, path.name]
    told = desk.ok("quarantine").out
    assert all(word in told for word in (path.name, "steps.csv", "2 行", reason, "regaudit import"))


def test_rows_that_come_back_are_closed_and_their_file_is_put_aside(desk: Desk) -> None:
    path = bad(desk, "2", "3")
    [result] = desk.facts(
        "import", corrected(desk, "fixed.csv", [fixed(r, occurred_at=GOOD) for r in rows_of(path)])
    )
    assert (result["appended"], result["quarantined"], result["resubmitted"]) == (2, 0, 2)
    assert still_open(desk) == {}
    assert not path.exists()
    assert rejected(desk, 1).parent.name == "closed"
    assert {action["case_no"] for action in desk.actions()} == {"1", "2", "3"}


def test_what_was_only_half_fixed_is_open_in_the_import_that_brought_it_back(desk: Desk) -> None:
    first, second = rows_of(bad(desk, "2", "3"))
    half = corrected(desk, "half.csv", [fixed(first, occurred_at=GOOD), second])
    [result] = desk.facts("import", half, status=3)
    assert (result["appended"], result["quarantined"]) == (1, 1)
    assert still_open(desk) == {2: 1}
    rest = [fixed(r, occurred_at=GOOD) for r in rows_of(rejected(desk, 2))]
    desk.ok("import", corrected(desk, "rest.csv", rest))
    assert still_open(desk) == {}


def test_rows_left_out_of_the_corrected_file_stay_open(desk: Desk) -> None:
    path = bad(desk, "2", "3", "4")
    first, *_ = rows_of(path)
    desk.ok("import", corrected(desk, "one.csv", [fixed(first, occurred_at=GOOD)]))
    [entry] = desk.facts("quarantine")
    assert (entry["import_no"], entry["open"], entry["reasons"][0]["rows"]) == (1, 2, 2)
    assert path.exists()


def test_fixed_twice_from_the_first_file_nothing_stays_open(desk: Desk) -> None:
    first, second = rows_of(bad(desk, "2", "3"))
    desk.run("import", corrected(desk, "half.csv", [fixed(first, occurred_at=GOOD), second]))
    assert still_open(desk) == {2: 1}
    both = [fixed(row, occurred_at=GOOD) for row in (first, second)]
    [result] = desk.facts("import", corrected(desk, "both.csv", both))
    assert (result["appended"], result["known"]) == (1, 1)
    assert still_open(desk) == {}
    assert not list((desk.home / "quarantine").glob("*.csv"))


def test_the_same_corrected_file_twice_does_no_harm(desk: Desk) -> None:
    path = corrected(desk, "fixed.csv", [fixed(r, occurred_at=GOOD) for r in rows_of(bad(desk, "2"))])
    desk.ok("import", path)
    [again] = desk.facts("import", path)
    assert (again["appended"], again["was_known_file"]) == (0, True)
    assert still_open(desk) == {}


def test_a_correction_in_place_counts(desk: Desk) -> None:
    path = bad(desk, "2", "3")
    path.write_text(as_csv([fixed(r, occurred_at=GOOD) for r in rows_of(path)]), encoding="utf-8-sig")
    desk.ok("import", path)
    assert still_open(desk) == {}


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-16"])
def test_a_spreadsheet_may_save_in_its_own_encoding(desk: Desk, encoding: str) -> None:
    rows = [fixed(r, occurred_at=GOOD, reason="补正") for r in rows_of(bad(desk, "2"))]
    desk.ok("import", corrected(desk, "fixed.csv", rows, encoding))
    assert still_open(desk) == {}
    assert {action.get("reason") for action in desk.actions()} == {None, "补正"}


@pytest.mark.parametrize("extra", [[], ["Sheet2", "Sheet3"]], ids=["alone", "with empty sheets"])
def test_a_workbook_saved_by_a_person_is_understood(desk: Desk, extra: list[str]) -> None:
    rows = [fixed(r, occurred_at=GOOD) for r in rows_of(bad(desk, "00123", "202603020000000017"))]
    desk.ok("import", workbook(desk.home / "fixed.xlsx", rows, extra))
    assert still_open(desk) == {}
    assert {action["case_no"] for action in desk.actions()} == {"1", "00123", "202603020000000017"}


def test_cells_that_spreadsheets_would_change_are_marked_and_come_back_unchanged(desk: Desk) -> None:
    case = step("202603020000000017", "accept", "三月", "0012", started_at="2026-03-02 08:59:58")
    risky = case | {"reason": "=1+1", "node": "3-1", "terminal": "10.1.2.3", "serial_no": "1E5"}
    risky |= {"operator": "'=李四", "approver": "'王五'"}
    desk.run("import", desk.export("steps.csv", [risky]))
    [row] = rows_of(rejected(desk, 1))
    for name in ("case_no", "account", "started_at", "reason", "node", "serial_no", "operator", "approver"):
        assert row[name] == "'" + risky[name]
    assert row["office"] == risky["office"]
    desk.ok("import", corrected(desk, "fixed.csv", [fixed(row, occurred_at="'2026-03-02 09:00:17")]))
    [action] = desk.actions()
    times = {"occurred_at": "2026-03-02T09:00:17", "started_at": "2026-03-02T08:59:58"}
    # What the export itself marked is read as it would have been the first time.
    assert action == risky | times | {"approver": "王五'"}


NATIONAL: dict[str, Rows] = {
    "SLSQ": [
        {"YWH": "1", "QXDM": "150602", "SLRY": "李四", "SLSJ": GOOD},
        {"YWH": "2", "QXDM": "150603", "SLRY": "李四", "SLSJ": "三月"},
    ],
    "SH": [
        {"YWH": "1", "SHRYXM": "王五", "SHJSSJ": "三月四日", "SHKSSJ": GOOD},
        {"YWH": "1", "SHRYXM": "赵六", "SHJSSJ": "2026-03-03 10:00:00", "SHKSSJ": GOOD},
    ],
}


def national(path: Path, tables: dict[str, Rows] = NATIONAL) -> Path:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        for title, rows in tables.items():
            sheet = book.add_worksheet(title)
            for number, cells in enumerate([list(rows[0]), *(list(row.values()) for row in rows)]):
                sheet.write_row(number, 0, cells)
    path.write_bytes(content.getvalue())
    return path


def test_rows_of_several_tables_come_back_with_what_others_gave_them(desk: Desk) -> None:
    [result] = desk.facts("import", national(desk.home / "导出.xlsx"), status=3)
    assert (result["appended"], result["quarantined"]) == (2, 2)
    rows = rows_of(rejected(desk, 1))
    assert [(row["_表"], row["_行号"]) for row in rows] == [("SLSQ", "3"), ("SH", "2")]
    assert rows[1]["office"] == "'150602" or rows[1]["office"] == "150602"
    good = [fixed(rows[0], SLSJ=GOOD), fixed(rows[1], SHJSSJ="2026-03-03 09:30:00")]
    [back] = desk.facts("import", corrected(desk, "fixed.csv", good))
    assert (back["appended"], back["mapping"]) == (2, "national")
    assert still_open(desk) == {}
    made = {(a["office"], a["case_no"], a["step"], a["operator"]) for a in desk.actions()}
    assert made == {
        ("150602", "1", "accept", "李四"),
        ("150603", "2", "accept", "李四"),
        ("150602", "1", "review", "王五"),
        ("150602", "1", "review", "赵六"),
    }


def test_one_of_several_tables_can_come_back_alone(desk: Desk) -> None:
    desk.run("import", national(desk.home / "导出.xlsx"))
    [_, review] = rows_of(rejected(desk, 1))
    desk.ok("import", corrected(desk, "fixed.csv", [fixed(review, SHJSSJ="2026-03-03 09:30:00")]))
    assert still_open(desk) == {1: 1}


WIDE = """
[[actions]]
step = "accept"
columns = { occurred_at = "受理时间", operator = "受理人" }
[[actions]]
step = "book"
columns = { occurred_at = "登簿时间", operator = "登簿人" }
"""


def test_a_row_of_several_actions_comes_back_without_naming_its_mapping(desk: Desk) -> None:
    (desk.home / "wide.toml").write_text(WIDE, encoding="utf-8")
    cells = {"业务号": "1", "区县代码": "150602", "受理时间": GOOD, "受理人": "李四"}
    export = desk.export("wide.csv", [cells | {"登簿时间": "明天", "登簿人": "王五"}])
    desk.run("import", export, "--mapping", "wide.toml")
    # What is wrong with one action says nothing of the other.
    assert [action["step"] for action in desk.actions()] == ["accept"]
    [row] = rows_of(rejected(desk, 1))
    (desk.home / "wide.toml").unlink()
    [back] = desk.facts("import", corrected(desk, "fixed.csv", [fixed(row, 登簿时间="2026-03-03 10:00:00")]))
    assert (back["rows_read"], back["appended"], back["known"]) == (1, 1, 1)
    assert sorted(action["step"] for action in desk.actions()) == ["accept", "book"]
    assert still_open(desk) == {}


def test_a_roster_comes_back_and_is_in_force(desk: Desk) -> None:
    rows = [{"account": "li", "person_id": "P1", "valid_from": "2026-01-01", "valid_to": "never"}]
    desk.run("import", desk.export("roster.csv", rows))
    [row] = rows_of(rejected(desk, 1))
    desk.ok("import", corrected(desk, "fixed.csv", [fixed(row, valid_to="")]))
    assert still_open(desk) == {}
    assert [event.state["entry"]["account"] for event in desk.events("roster-entry-recorded")] == ["li"]


@pytest.mark.slow
def test_a_corrected_entry_completes_the_roster_that_it_was_rejected_of(desk: Desk) -> None:
    li = {"account": "li", "person_id": "P1", "valid_from": "2026-01-01", "valid_to": "never"}
    others = [{"account": "zhao", "person_id": "P2"}, {"account": "sun", "person_id": "P3"}]
    desk.run("import", desk.export("roster.csv", [li, *others]))
    [row] = rows_of(rejected(desk, 1))
    fixed_li = corrected(desk, "fixed.csv", [fixed(row, valid_to="")])
    [back] = desk.facts("import", fixed_li)
    assert (back["appended"], back["known"]) == (1, 0)

    def in_force() -> list[Any]:
        desk.ok("check")
        return desk.query("SELECT account, is_current FROM accounts ORDER BY account")

    assert in_force() == [("li", True), ("sun", True), ("zhao", True)]
    # The same roster as a whole, now without the slip, says nothing new.
    [again] = desk.facts("import", desk.export("again.csv", [li | {"valid_to": ""}, *others]))
    assert (again["appended"], again["known"]) == (0, 3)
    # A correction that comes late does not bring an older roster back.
    desk.run("import", desk.export("newer.csv", [li | {"person_id": "P9"}, others[0]]))
    [late] = rows_of(rejected(desk, 4))
    desk.ok("import", desk.export("newest.csv", others))
    desk.ok("import", corrected(desk, "late.csv", [fixed(late, valid_to="")]))
    assert in_force() == [("sun", True), ("zhao", True)]


def test_a_line_that_did_not_fit_is_typed_into_its_columns(desk: Desk) -> None:
    path = desk.home / "ragged.csv"
    path.write_text(f"case_no,office,step,occurred_at\n1,150602,accept,{GOOD}\n2,150602\n", encoding="utf-8")
    desk.run("import", path)
    [row] = rows_of(rejected(desk, 1))
    assert row["_原文"] == "2,150602"
    cells = {"case_no": "2", "office": "150602", "step": "accept", "occurred_at": GOOD}
    desk.ok("import", corrected(desk, "fixed.csv", [row | cells]))
    assert still_open(desk) == {}


SPOILT: dict[str, Change] = {
    "no import": lambda row: row | {"_导入": ""},
    "a word for a number": lambda row: row | {"_行号": "第六行"},
    "another import": lambda row: row | {"_导入": "7"},
    "an import without rejected rows": lambda row: row | {"_导入": "2"},
    "another file": lambda row: row | {"_文件": "别的.csv"},
    "another table": lambda row: row | {"_表": "SH"},
    "a row that was not rejected": lambda row: row | {"_行号": "2"},
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_notes_that_were_changed_are_refused_and_nothing_is_closed(desk: Desk, spoil: Change) -> None:
    path = bad(desk, "2", "3")
    desk.ok("import", desk.export("other.csv", ordinary_case("9")))
    first, second = rows_of(path)
    before = desk.events()
    run = desk.run(
        "import",
        corrected(desk, "x.csv", [fixed(first, occurred_at=GOOD), spoil(fixed(second, occurred_at=GOOD))]),
    )
    assert run.status == 1
    assert "隔离文件第3行" in run.text
    assert "以“_”开头的列" in run.text
    assert desk.events() == before
    assert still_open(desk) == {1: 2}


@pytest.mark.parametrize("name", NOTES)
def test_a_file_that_lost_a_column_of_its_notes_is_refused(desk: Desk, name: str) -> None:
    rows = [fixed(row, occurred_at=GOOD) for row in rows_of(bad(desk, "2"))]
    before = desk.events()
    path = corrected(desk, "x.csv", [{k: v for k, v in row.items() if k != name} for row in rows])
    for command in ("import", "preview"):
        run = desk.run(command, path)
        assert run.status == 1
        assert f"但缺少“{name}”" in run.text
        assert "重新取用原来的文件" in run.text
    assert desk.events() == before
    assert still_open(desk) == {1: 1}


def test_notes_for_people_may_be_changed(desk: Desk) -> None:
    words = {"_列": "时间", "_值": "", "_原因": "已核对", "_原文": "见纸质档案"}
    rows = [fixed(row | words, occurred_at=GOOD) for row in rows_of(bad(desk, "2"))]
    [back] = desk.facts("import", corrected(desk, "x.csv", rows))
    assert (back["appended"], back["resubmitted"]) == (1, 1)
    assert still_open(desk) == {}


def test_a_file_of_another_workspace_is_refused(desk: Desk, new_desk: Callable[[str], Desk]) -> None:
    bad(desk, "2")
    other = new_desk("other")
    other.run("import", other.export("different.csv", [step("5", "accept", "三月")]))
    foreign = [fixed(row, occurred_at=GOOD) for row in rows_of(rejected(other, 1))]
    run = desk.run("import", corrected(desk, "foreign.csv", foreign))
    assert run.status == 1
    assert "另一个工作区" in run.text
    assert still_open(desk) == {1: 1}


def test_blank_rows_that_a_spreadsheet_adds_are_nothing(desk: Desk) -> None:
    [row] = rows_of(bad(desk, "2"))
    blank = dict.fromkeys(row, "")
    [back] = desk.facts("import", corrected(desk, "x.csv", [fixed(row, occurred_at=GOOD), blank, blank]))
    assert (back["rows_read"], back["resubmitted"]) == (1, 1)


def test_quarantine_of_different_mappings_is_not_merged(desk: Desk) -> None:
    first = rows_of(bad(desk, "2"))
    (desk.home / "m.toml").write_text('[columns]\ncase_no = "编号"\n', encoding="utf-8")
    cells = {"编号": "8", "区县代码": "150602", "环节": "受理", "操作时间": "三月"}
    desk.run("import", desk.export("m.csv", [cells]), "--mapping", "m.toml")
    merged = [*first, *rows_of(rejected(desk, 2))]
    run = desk.run("import", corrected(desk, "merged.csv", merged))
    assert run.status == 1
    assert "逐个改正" in run.text


def test_a_quarantine_file_that_is_gone_is_told(desk: Desk) -> None:
    bad(desk, "2").unlink()
    [entry] = desk.facts("quarantine")
    assert (entry["open"], entry["in_file"], entry["reasons"]) == (1, 0, [])
    assert "被移走或删过行" in desk.ok("quarantine").out


def test_what_a_correction_would_do_can_be_seen_before(desk: Desk) -> None:
    rows = [fixed(r, occurred_at=GOOD) for r in rows_of(bad(desk, "2", "3"))]
    rows[1]["occurred_at"] = "四月"
    facts: dict[str, Any] = desk.facts("preview", corrected(desk, "x.csv", rows), status=3)
    assert (facts["resubmits"], facts["quarantined"], facts["exports"][0]["actions"]) == (2, 1, 1)
    assert still_open(desk) == {1: 2}


def test_a_file_whose_rows_were_corrected_has_nothing_open_when_it_comes_again(desk: Desk) -> None:
    path = bad(desk, "2", "3")
    first, second = rows_of(path)
    desk.ok("import", corrected(desk, "one.csv", [fixed(first, occurred_at=GOOD)]))
    [again] = desk.facts("import", desk.home / "steps.csv", status=3)
    assert (again["quarantined"], again["known"], again["quarantine_file"]) == (1, 4, path.name)
    desk.ok("import", corrected(desk, "two.csv", [fixed(second, occurred_at=GOOD)]))
    [again] = desk.facts("import", desk.home / "steps.csv")
    assert (again["quarantined"], again["known"], again["quarantine_file"]) == (0, 5, "")


@pytest.mark.slow
def test_a_night_tells_what_is_open_and_nothing_that_came_back(desk: Desk) -> None:
    first, second = rows_of(bad(desk, "2", "3"))
    desk.ok("import", corrected(desk, "one.csv", [fixed(first, occurred_at=GOOD)]))
    night = desk.facts("nightly", "--as-of", "2026-03-03", status=3)
    assert night["quarantined"] == 1
    desk.ok("import", corrected(desk, "two.csv", [fixed(second, occurred_at=GOOD)]))
    assert desk.facts("nightly", "--as-of", "2026-03-03")["quarantined"] == 0


def test_tables_with_one_title_in_several_folders_are_told_apart(desk: Desk) -> None:
    row = {"YWH": "1", "QXDM": "150602", "SLRY": "李四", "SLSJ": "三月"}
    desk.export("all/a/SLSQ.csv", [row])
    desk.export("all/b/SLSQ.csv", [row | {"YWH": "2"}])
    desk.run("import", desk.home / "all")
    rows = rows_of(rejected(desk, 1))
    assert [row["_表"] for row in rows] == ["a/SLSQ.csv", "b/SLSQ.csv"]
    [back] = desk.facts("import", corrected(desk, "x.csv", [fixed(r, SLSJ=GOOD) for r in rows]))
    assert (back["appended"], back["mapping"]) == (2, "national")
    assert still_open(desk) == {}


def test_a_row_that_fitted_no_column_and_comes_back_untouched_stays_open(desk: Desk) -> None:
    lines = as_csv(ordinary_case("1")).splitlines()
    (desk.home / "a.csv").write_text("\n".join([*lines, "only,three,cells"]), encoding="utf-8")
    desk.run("import", desk.home / "a.csv")
    [path] = (desk.home / "quarantine").glob("*.csv")
    again = desk.facts("import", path, status=3)
    assert (again[0]["quarantined"], again[0]["appended"]) == (1, 0)
    [entry] = desk.facts("quarantine")
    assert entry["open"] == 1


@pytest.mark.slow
def test_the_rows_of_a_mistaken_file_are_dismissed_and_nothing_is_deleted(desk: Desk) -> None:
    path = bad(desk, "2", "3")
    content, events = path.read_bytes(), len(desk.events())
    why = ["--reason", "误选了其他系统的文件", "--by", "张质监"]
    told = desk.ok("quarantine", "--dismiss", "1", *why).text
    assert "steps.csv:2行不再改正,张质监于" in told
    assert "误选了其他系统的文件" in told
    assert "没有待改正的隔离行" in told
    [entry] = desk.facts("quarantine")
    assert (entry["open"], entry["dismissed"]["rows"], entry["dismissed"]["by"]) == (0, 2, "张质监")
    [imported] = desk.facts("imports")["imports"]
    assert (imported["quarantine_open"], imported["quarantine_dismissed"]) == (0, 2)
    assert rejected(desk, 1).parent.name == "closed"
    assert rejected(desk, 1).read_bytes() == content
    assert len(desk.events()) == events + 1
    desk.ok("check", "--as-of", "2026-03-31")
    assert desk.query("SELECT quarantined, open_quarantined FROM imports") == [(2, 0)]
    desk.assert_log_is_whole()


def test_dismissed_rows_may_still_come_back_corrected(desk: Desk) -> None:
    path = bad(desk, "2", "3")
    desk.ok("quarantine", "--dismiss", "1", "--reason", "弄错了", "--by", "张")
    rows = [fixed(row, occurred_at=GOOD) for row in rows_of(rejected(desk, 1))]
    [result] = desk.facts("import", corrected(desk, "fixed.csv", rows))
    assert (result["appended"], result["resubmitted"]) == (2, 2)
    assert path.name == rejected(desk, 1).name
    assert still_open(desk) == {}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--dismiss", "9", "--reason", "错"], "没有第9次导入"),
        (["--dismiss", "1", "--reason", " "], "--reason"),
        (["--dismiss", "1"], "--reason"),
        (["--dismiss", "2", "--reason", "错"], "没有待改正的隔离行"),
    ],
)
def test_what_cannot_be_dismissed_is_told_and_nothing_is_noted(
    desk: Desk, words: list[str], told: str
) -> None:
    bad(desk, "2")
    desk.ok("import", desk.export("good.csv", ordinary_case("7")))
    run = desk.run("quarantine", *words)
    assert run.status == 1
    assert told in run.text
    assert still_open(desk) == {1: 1}


def test_dismissing_twice_tells_who_did_and_why(desk: Desk) -> None:
    bad(desk, "2")
    desk.ok("quarantine", "--dismiss", "1", "--reason", "误导入", "--by", "张")
    run = desk.run("quarantine", "--dismiss", "1", "--reason", "再来")
    assert run.status == 1
    assert "已由张于" in run.text
