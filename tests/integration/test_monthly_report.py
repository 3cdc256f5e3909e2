"""The monthly report: made once, given again byte for byte, corrected, and readable."""

import csv
import re
import shutil
import zipfile
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import fastexcel
import pytest
from conftest import Desk
from ledger_staff import clock_at
from report_desk import SAMPLE, facts_of, files_of, made, need_press, pdf_text, sample_desk

from regaudit.operation.nightly import run_night
from regaudit.operation.open import open_night

pytestmark = pytest.mark.long
OWN, OTHER = "150602", "150603"
MARCH = ("monthly", "--month", "2026-03")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return sample_desk(tmp_path_factory.mktemp("sample") / "home")


@pytest.fixture
def desk(whole: Desk, tmp_path: Path) -> Desk:
    return whole.copy_to(tmp_path / "home")


def late_case(desk: Desk) -> Path:
    """A mortgage that was accepted and booked in March, and whose rows come only in April."""
    with (SAMPLE / "steps.csv").open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    rows = [
        {"step": "accept", "occurred_at": "2026-03-02 09:00:00", "registration_type": "300"},
        {"step": "review", "occurred_at": "2026-03-20 10:00:00"},
        {"step": "book", "occurred_at": "2026-03-20 11:00:00"},
    ]
    fixed = {"office": OWN, "case_no": "982026030200001", "account": "late", "right_type": "mortgage"}
    return desk.export("late.csv", [dict.fromkeys(header, "") | fixed | row for row in rows])


def test_each_office_and_all_of_them_have_a_report_whose_hashes_the_log_has(desk: Desk) -> None:
    reports = made(desk, *MARCH)
    assert list(reports) == [OWN, OTHER, "ALL"]
    events = desk.events("report-made")
    assert [event.stream for event in events] == [f"report:2026-03/{office}" for office in reports]
    for event, (office, told) in zip(events, reports.items(), strict=True):
        for kind, content in files_of(told).items():
            assert Path(told["paths"][kind]) == desk.home / "reports" / f"2026-03-{office}.{kind}"
            assert event.state["files"][kind] == sha256(content).hexdigest() == told["sha256"][kind]
        facts = facts_of(told)
        assert facts["basis"]["checkpoint"] == event.state["checkpoint"]
        assert facts["basis"]["log_position"] == event.state["log_position"] == told["log_position"]
    desk.assert_log_is_whole()


def test_made_again_it_is_the_same_whatever_came_since_and_is_built_again_where_it_is_lost(
    desk: Desk,
) -> None:
    first = {office: files_of(told) for office, told in made(desk, *MARCH).items()}
    desk.ok("nightly", late_case(desk), "--as-of", "2026-04-07", "--backfill", "补送")
    # The light goes by what was in force then.
    desk.configure('[[calendar.days]]\non = 2026-03-03\nkind = "holiday"\nname = "停电"\n')
    shutil.rmtree(desk.home / "reports")
    again = made(desk, *MARCH)
    assert not any(told["is_new"] for told in again.values())
    assert {office: files_of(told) for office, told in again.items()} == first
    for told in again.values():
        for digest in told["sha256"].values():
            (desk.home / "archive" / f"{digest}.zst").unlink()
    lost = made(desk, *MARCH)
    assert {office: files_of(told) for office, told in lost.items()} == first
    assert len(desk.events("report-made")) == 3
    assert all(
        (desk.home / "archive" / f"{d}.zst").exists() for t in lost.values() for d in t["sha256"].values()
    )


def test_verify_holds_the_archive_against_the_reports_and_its_advice_mends_it(desk: Desk) -> None:
    told = made(desk, *MARCH, "--office", OWN)[OWN]
    assert desk.facts("verify")["is_whole"]
    copy = desk.home / "archive" / f"{told['sha256']['pdf']}.zst"
    kept = copy.read_bytes()
    copy.write_bytes(kept[:-9] + b"forged!!!")
    run = desk.run("verify")
    assert run.status == 1
    assert f"2026-03{OWN}的报告" in run.text
    assert "regauditreport" in run.text
    made(desk, *MARCH, "--office", OWN)
    assert desk.facts("verify")["is_whole"]


def test_a_correction_names_each_changed_figure_with_the_import_that_changed_it(desk: Desk) -> None:
    first = made(desk, *MARCH)[OWN]
    before = files_of(first)
    refused = desk.run("report", *MARCH, "--office", OWN, "--correct", "试试")
    assert refused.status == 1
    assert "无可更正" in refused.text
    desk.ok("nightly", late_case(desk), "--as-of", "2026-04-07", "--backfill", "补送")
    corrected = made(desk, *MARCH, "--office", OWN, "--correct", "平台补送一件")[OWN]
    assert (corrected["correction"], corrected["is_new"]) == (1, True)
    assert Path(corrected["paths"]["pdf"]).name == f"2026-03-{OWN}-correction-1.pdf"
    assert files_of(first) == before
    facts, old = facts_of(corrected), facts_of(first)
    told = facts["correction"]
    assert (told["number"], told["reason"]) == (1, "平台补送一件")
    assert told["of"] == sha256(before["json"]).hexdigest()
    changes = {change["path"]: change for change in told["changes"]}
    accepted = changes[f"figures/{OWN}|抵押登记/measures/accepted/now/value"]
    assert accepted["new"] == accepted["old"] + 1
    [import_no] = [e.version for e in desk.events("import-recorded") if e.state["file_name"] == "late.csv"]
    assert accepted["imports"] == [import_no]
    assert f"figures/{OWN}|抵押登记/measures/late_closed/now/numerator" in changes
    # What the row has nothing to do with is not named.
    assert not any("一般登记" in path or "refused/now/numerator" in path for path in changes)
    # Each difference between the two stands in the list.
    classes = [g["limit_class"] for g in facts["figures"]]
    differing = {
        (name, measure["key"])
        for name, ours, theirs in zip(classes, facts["figures"], old["figures"], strict=True)
        for measure, was in zip(ours["measures"], theirs["measures"], strict=True)
        if measure != was
    }
    named = {
        (path.split("/")[1].partition("|")[2], path.split("/")[3])
        for path in changes
        if path.startswith("figures")
    }
    assert named == differing
    text = pdf_text(corrected["paths"]["pdf"])
    assert "第1次更正" in text
    assert f"第{import_no}次" in text
    desk.ok("check", "--as-of", "2026-04-07")
    published = desk.query(
        "SELECT office, kind, correction, json_sha256, reason FROM reports ORDER BY position"
    )
    assert published[-1] == (OWN, "monthly", 1, corrected["sha256"]["json"], "平台补送一件")
    assert [row[2] for row in published] == [0, 0, 0, 1]
    # Asked for again, the correction is what stands.
    assert made(desk, *MARCH, "--office", OWN)[OWN]["sha256"] == corrected["sha256"]


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("--month", "2026-04"), 1, "2026年4月还没有查完"),
        (("--quarter", "2026Q2"), 1, "2026年第二季度还没有查完"),
        (("--year", "2026"), 1, "2026年还没有查完"),
        (("--month", "2026-13"), 2, "应写作2026-03"),
        (("--month", "2026-03", "--year", "2026"), 2, "之一"),
        ((), 2, "之一"),
        (("--month", "2026-03", "--office", "999999"), 2, "没有登记机构999999"),
        (("--month", "2026-02", "--correct", "x"), 2, "无可更正"),
        (("--month", "2026-03", "--by", "nobody"), 2, "没有用户nobody"),
    ],
)
def test_what_cannot_be_reported_is_refused_and_leaves_nothing(
    whole: Desk, words: tuple[str, ...], status: int, said: str
) -> None:
    run = whole.run("report", "monthly", *words)
    assert run.status == status, run
    assert said in run.text
    assert not whole.events("report-made")


def test_what_was_not_over_by_the_clock_is_marked_and_is_no_zero(tmp_path: Path) -> None:
    need_press()
    desk = Desk(tmp_path / "home").make()
    files = [SAMPLE / "roster.csv", SAMPLE / "steps.csv"]
    with open_night(desk.home, "nightly", clock=clock_at(datetime(2026, 3, 20))) as opened:
        run_night(opened, files, as_of=datetime(2026, 3, 31, 23, 59, 59))
    told = made(desk, *MARCH, "--office", OWN)[OWN]
    facts = facts_of(told)
    assert (facts["is_over"], facts["title"]) == (False, "2026年3月（未完）")
    assert "未完：出具时本期尚未终了" in pdf_text(told["paths"]["pdf"])
    zero = facts_of(made(desk, "zero", "--month", "2026-03", "--office", OWN)[OWN])
    assert {c["key"]: c["is_met"] for c in zero["conditions"]}["over"] is False
    # Of a month before it nothing is missing.
    before = facts_of(made(desk, "monthly", "--month", "2026-02", "--office", OWN)[OWN])
    assert (before["is_over"], before["title"]) == (True, "2026年2月")


def test_nothing_is_reported_of_a_night_that_was_withdrawn(desk: Desk) -> None:
    desk.ok("nightly", "--as-of", "2026-04-07")
    desk.ok("withdraw-night", "2026-04-07", "--reason", "截至时间写错", "--by", "张三")
    for words in (MARCH, ("zero", "--month", "2026-03")):
        run = desk.run("report", *words)
        assert run.status == 1
        assert "那一晚已由张三撤销" in run.text
    desk.ok("check", "--as-of", "2026-04-03")
    assert list(made(desk, *MARCH)) == [OWN, OTHER, "ALL"]


def test_a_quarter_is_the_sum_of_its_months(desk: Desk) -> None:
    months = [
        facts_of(made(desk, "monthly", "--month", f"2026-0{number}", "--office", "ALL")["ALL"])
        for number in (1, 2, 3)
    ]
    quarter = facts_of(made(desk, "monthly", "--quarter", "2026Q1", "--office", "ALL")["ALL"])
    for key in ("accepted", "closed"):
        told = [
            next(m for m in facts["figures"][0]["measures"] if m["key"] == key)["now"]["value"]
            for facts in (*months, quarter)
        ]
        assert sum(told[:3]) == told[3] > 0


def test_the_workbook_has_numbers_filters_and_print_areas(desk: Desk) -> None:
    told = made(desk, *MARCH, "--office", "ALL")["ALL"]
    facts, path = facts_of(told), told["paths"]["xlsx"]
    reader = fastexcel.read_excel(path)
    assert reader.sheet_names[:3] == ["总览", "台账增减", "办件"]
    sheet = reader.load_sheet("办件").to_polars()
    assert sheet["本期"].dtype.is_numeric()
    assert sheet["本期分母"].dtype.is_numeric()
    assert sheet.height == sum(len(group["measures"]) for group in facts["figures"])
    told_of = reader.load_sheet("总览").to_polars()["内容"].to_list()
    assert told_of[:2] == ["全部登记机构（ALL）", "2026年3月：2026-03-01 至 2026-03-31"]
    ledger = reader.load_sheet("台账").to_polars()
    lights = {"红": "red", "橙": "orange", "黄": "yellow", "蓝": "blue", "无灯": "none"}
    for row, state in zip(ledger.iter_rows(named=True), facts["ledger"]["states"], strict=False):
        assert [row[title] for title in lights] == [state[name] for name in lights.values()]
    rate = next(m for m in facts["figures"][0]["measures"] if m["key"] == "on_time")["now"]
    assert sheet.row(2, named=True)["本期"] == rate["value"]
    with zipfile.ZipFile(path) as book:
        names = book.read("xl/workbook.xml").decode()
        sheets = [
            book.read(name).decode() for name in book.namelist() if name.startswith("xl/worksheets/sheet")
        ]
    assert names.count("_xlnm.Print_Area") == names.count("_xlnm.Print_Titles") == len(sheets)
    assert all("<autoFilter" in text and 'paperSize="9"' in text for text in sheets)


def test_the_paper_says_on_its_first_page_what_matters(desk: Desk) -> None:
    told = made(desk, *MARCH, "--office", OWN)[OWN]
    facts, text = facts_of(told), pdf_text(told["paths"]["pdf"])
    for wanted in (
        "2026年3月质量监管月报",
        "要点",
        "台账增减",
        "按时办结率",
        "口径与依据",
        facts["basis"]["checkpoint"],
    ):
        assert "".join(wanted.split()) in text, wanted
    for sentence in (*facts["summary"], *(why["text"] for why in facts["because"])):
        assert "".join(sentence.split()) in text, sentence
    assert "第1页" in text
    assert "期末" in text
    assert not re.search("[月季年][初末]", text)
    assert "100.0%" not in text
