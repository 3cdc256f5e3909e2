"""The ledger through Excel: what is exported, what a filled-in sheet does, what comes back."""

import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import fastexcel
import pytest
import xlsxwriter
from conftest import Desk
from ledgers import PEOPLE, add_entries, add_users, fill_in, sheet_rows, today

ASSIGN = {"办理": "交办", "交办给": "科室:A科", "方式": "限期整改"}


@pytest.fixture
def office(desk: Desk) -> Desk:
    """A workspace with the people of an office."""
    add_users(desk.home, PEOPLE)
    return desk


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return tmp_path / "台账.xlsx"


def xml(path: Path) -> str:
    with ZipFile(path) as archive:
        return archive.read("xl/worksheets/sheet1.xml").decode()


def taken(desk: Desk, path: Path, *words: str, by: str = "post1", status: int = 0) -> Any:
    return desk.facts("ledger", "import", path, "--by", by, *words, status=status)


def filled_by(desk: Desk, book: Path, filled: dict[str, dict[str, Any]]) -> Path:
    """The ledger exported and filled in."""
    desk.ok("ledger", "export", "-o", book)
    return fill_in(book, filled, book.with_name("填好.xlsx"))


def test_the_sheet_shows_entries_with_real_dates_and_numbers(office: Desk, book: Path) -> None:
    first, second = add_entries(office.home, 2, summary="=HYPERLINK(1)")
    office.ok("ledger", "assign", first, "--to", "section:A科", "--kind", "by_date", "--by", "post1")
    assert office.facts("ledger", "export", "-o", book) == {"file": str(book), "rows": 2}
    rows = fastexcel.read_excel(book).load_sheet("台账").to_polars().to_dicts()
    assert [row["台账编号"] for row in rows] == [first, second]
    row = rows[0]
    assert (row["状态"], row["严重程度"], row["事项"], row["涉及"]) == ("已交办", "重要", "事后补录", "C0001")
    assert (row["承办科室"], row["情况"], row["版本"]) == ("A科", "=HYPERLINK(1)", 2)
    assert isinstance(row["应办日期"], datetime)
    assert isinstance(row["挂账时间"], datetime)
    assert row["退回次数"] == 0
    assert {"办理", "结论", "说明", "交办给", "方式", "期限", "级别"} <= row.keys()
    assert all(row[name] is None for name in ("办理", "结论", "说明"))
    office.ok("ledger", "export", "-o", book, "--state", "挂账")
    assert [row["台账编号"] for row in sheet_rows(book)] == [second]


def test_the_sheet_has_filters_a_frozen_header_and_a_hidden_locked_version(office: Desk, book: Path) -> None:
    add_entries(office.home, 2, title="@危险", summary="-1+1", basis="+x")
    office.ok("ledger", "export", "-o", book)
    sheet = xml(book)
    assert "<f>" not in sheet
    assert "<autoFilter" in sheet
    assert 'state="frozen"' in sheet
    assert "<sheetProtection" in sheet
    assert len(re.findall(r'<col [^>]*hidden="1"', sheet)) == 1


def test_a_drop_down_offers_the_steps_that_somebody_can_take(office: Desk, book: Path) -> None:
    add_entries(office.home, 3)
    [given] = add_entries(office.home)
    office.ok("ledger", "assign", given, "--to", "person:P5", "--kind", "by_date", "--by", "post1")

    def offered(*words: str) -> dict[str, str]:
        office.ok("ledger", "export", "-o", book, *words)
        found = re.findall(r'sqref="(H[^"]*)"[^>]*><formula1>"?([^<]*?)"?</formula1>', xml(book))
        return {cells: choices.replace("&quot;", "") for cells, choices in found}

    assert offered() == {
        "H2:H4": "交办,中止,移交,迟延说明",
        "H5": "管辖异议,说明,认定,中止,移交,更正,签收,迟延说明",
    }
    assert offered("--by", "post1") == {"H2:H4": "交办,迟延说明", "H5": "认定,迟延说明"}
    assert offered("--by", "hand")["H5"] == "说明,签收,迟延说明"


def test_a_filled_in_sheet_is_taken(office: Desk, book: Path) -> None:
    first, second, third = add_entries(office.home, 3)
    due = today() + timedelta(days=9)
    sheet = filled_by(office, book, {first: {**ASSIGN, "期限": due}, third: {**ASSIGN, "交办给": "人员:P5"}})
    result = taken(office, sheet)
    assert (result["taken"], result["refused"], result["returned"]) == (2, 0, None)
    assert [(row["row"], row["entry"], row["state"], row["version"]) for row in result["rows"]] == [
        (2, first, "assigned", 2),
        (4, third, "assigned", 2),
    ]
    states = [event.state for event in office.events("entry-stepped")]
    assert [(s["to"], s["kind"], s.get("due"), s["door"]) for s in states] == [
        ("section:A科", "by_date", str(due), "excel"),
        ("person:P5", "by_date", None, "excel"),
    ]
    assert office.facts("ledger", "show", second)["state"] == "listed"


def test_verdicts_severities_and_requests_stand_in_chinese(office: Desk, book: Path) -> None:
    add_users(office.home, {"above": ("P6", "superior", "")})
    [entry] = add_entries(office.home)
    later = today() + timedelta(days=90)
    for by, cells in (
        ("post1", ASSIGN),
        ("head", {"办理": "说明", "说明": "=属实"}),
        ("post1", {"办理": "认定", "结论": "成立", "说明": "有据", "级别": "一般"}),
        ("post1", {"办理": "责令整改", "说明": "改"}),
        ("head", {"办理": "延期", "说明": "请延", "期限": f"{later.year}年{later.month}月{later.day}日"}),
        ("lead", {"办理": "延期", "说明": "同意", "期限": later}),
        ("head", {"办理": "整改报告", "说明": "已改"}),
        ("post2", {"办理": "复核", "结论": "通过", "说明": "看过"}),
        ("head", {"办理": "申诉", "说明": "不服"}),
        ("above", {"办理": "申诉决定", "结论": "维持", "说明": "维持"}),
    ):
        assert taken(office, filled_by(office, book, {entry: cells}), by=by)["refused"] == 0, cells
    facts = office.facts("ledger", "show", entry)
    assert (facts["state"], facts["adjusted_severity"], facts["extensions"]) == ("passed", "minor", 1)
    assert [event.get("verdict") for event in facts["history"] if event.get("verdict")] == [
        *("upheld", "ask", "grant", "pass", "upheld")
    ]


def test_a_dry_run_says_all_and_writes_nothing(office: Desk, book: Path) -> None:
    first, second = add_entries(office.home, 2)
    sheet = filled_by(office, book, {first: ASSIGN, second: {"办理": "销号", "说明": "好"}})
    before, files = office.events(), sorted(book.parent.iterdir())
    result = taken(office, sheet, "--dry-run", status=3)
    assert (result["taken"], result["refused"], result["rows"][0]["state"]) == (0, 1, "assigned")
    assert (office.events(), sorted(book.parent.iterdir())) == (before, files)
    run = office.run("ledger", "import", sheet, "--by", "post1", "--dry-run")
    assert f"第2行{first}交办:将为“已交办”" in run.text
    assert f"第3行{second}销号:退回,本项现为“挂账”" in run.text
    assert "未写入任何记录" in run.text


def test_a_stale_row_comes_back_with_who_did_what_and_the_others_are_taken(office: Desk, book: Path) -> None:
    first, second = add_entries(office.home, 2)
    sheet = filled_by(office, book, {first: ASSIGN, second: ASSIGN})
    office.ok("ledger", "assign", first, "--to", "person:P5", "--kind", "at_once", "--by", "post2")
    result = taken(office, sheet, status=3)
    assert (result["taken"], result["refused"]) == (1, 1)
    assert result["rows"][1]["state"] == "assigned"
    assert office.facts("ledger", "show", first)["person"] == "P5"
    returned = sheet.with_name("填好-退回.xlsx")
    assert result["returned"] == str(returned)
    [row] = sheet_rows(returned)
    assert (row["台账编号"], row["办理"], row["状态"], row["版本"]) == (first, "交办", "已交办", "2")
    assert row["退回原因"] is not None
    assert "post2" in row["退回原因"]
    assert "第 1 版" in row["退回原因"]
    again = taken(office, sheet, status=3)
    assert (again["taken"], again["refused"]) == (0, 2)


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"说明": "忘了选"}, "“办理”列是空的"),
        ({**ASSIGN, "办理": "销帐"}, "“办理”列 '销帐' 应为"),
        ({**ASSIGN, "期限": "下周"}, "“期限”列 '下周' 应为日期"),
        ({**ASSIGN, "期限": "2026-02-30"}, "“期限”列 '2026-02-30' 应为日期"),
        ({**ASSIGN, "期限": "46121"}, "“期限”列 '46121' 应为日期"),
        ({**ASSIGN, "期限": date(2020, 1, 1)}, "早于作出决定的日子"),
        ({**ASSIGN, "版本": "x"}, "“版本”列 'x' 不是版本号"),
        ({**ASSIGN, "版本": "9"}, "您看到的是第 9 版"),
        ({**ASSIGN, "方式": "慢慢来"}, "“方式”列 '慢慢来' 应为 立行立改、限期整改 之一"),
        ({**ASSIGN, "办理": "销号", "说明": "=1+1"}, "不能销号"),
        ({**ASSIGN, "方式": ""}, "交办须写明交办方式"),
        ({**ASSIGN, "交办给": "A科"}, "section:科室名称"),
        ({**ASSIGN, "结论": "成立"}, "“结论”列应为空"),
        ({**ASSIGN, "级别": "一般"}, "交办不用写级别"),
    ],
)
def test_a_row_that_is_wrong_comes_back_with_its_place(
    office: Desk, book: Path, cells: dict[str, Any], why: str
) -> None:
    [entry] = add_entries(office.home)
    result = taken(office, filled_by(office, book, {entry: cells}), status=3)
    assert why in result["rows"][0]["refused"]
    returned = book.with_name("填好-退回.xlsx")
    [row] = sheet_rows(returned)
    assert why in (row["退回原因"] or "")
    assert row["说明"] == cells.get("说明")
    assert "<f>" not in xml(returned)
    assert office.events("entry-stepped") == []


def test_a_returned_copy_is_put_right_and_taken(office: Desk, book: Path) -> None:
    [entry] = add_entries(office.home)
    taken(office, filled_by(office, book, {entry: {**ASSIGN, "方式": ""}}), status=3)
    returned = book.with_name("填好-退回.xlsx")
    mended = fill_in(returned, {entry: {"方式": "立行立改"}}, book.with_name("改好.xlsx"))
    assert taken(office, mended)["taken"] == 1


def test_rows_that_name_no_entry_or_one_twice_come_back(office: Desk, book: Path) -> None:
    first, second, third = add_entries(office.home, 3)
    sheet = filled_by(
        office,
        book,
        {
            first: {**ASSIGN, "台账编号": "150602-2026-0777"},
            second: {**ASSIGN, "台账编号": third},
            third: {"办理": "迟延说明", "说明": "忙"},
        },
    )
    result = taken(office, sheet, status=3)
    assert [row["refused"] for row in result["rows"]] == [
        "台账中没有这一项",
        "",
        "同一项已由第 3 行办理,一次只能办理一步",
    ]
    assert [row["台账编号"] for row in sheet_rows(book.with_name("填好-退回.xlsx"))] == [
        "150602-2026-0777",
        third,
    ]


def test_what_is_no_workbook_of_the_ledger_is_refused_as_a_whole(office: Desk, tmp_path: Path) -> None:
    [entry] = add_entries(office.home)
    empty, other, text = (tmp_path / name for name in ("空.xlsx", "别的.xlsx", "文本.xlsx"))
    with xlsxwriter.Workbook(empty) as made:
        made.add_worksheet("台账")
    with xlsxwriter.Workbook(other) as made:
        made.add_worksheet("Sheet1").write_row(0, 0, ["台账编号", "办理", "结论", "说明", "方式", "期限"])
    text.write_text(entry, encoding="utf-8")
    for path, why in (
        (empty, "“台账编号”"),
        (other, "“版本”“交办给”“级别”"),
        (text, "不完整或已损坏"),
        (tmp_path / "没有.xlsx", "没有这个文件"),
    ):
        run = office.run("ledger", "import", path, "--by", "post1")
        assert run.status == 1, run
        assert why in run.text
    assert office.run("ledger", "export", "-o", tmp_path / "没有" / "x.xlsx").status == 1
