"""Forms of an inspection out and in, what opens an entry, and what the result lets one say."""

import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from conftest import Desk
from inspection_site import DAY, DICE, MONTH, NUMBER, OF_MONTH, REMARK, fill_forms, make_site
from ledgers import OFFICE, sheet_rows, today
from report_desk import facts_of, made, need_press, pdf_text

from regaudit.base.periods import Period
from regaudit.catalogue.inspection_items import inspection_items
from regaudit.catalogue.inspection_terms import Grades, InspectionPlan
from regaudit.eventlog.log import EventLog
from regaudit.outlets.inspection.grades import grade_of
from regaudit.outlets.inspection.inspections import read_inspections
from regaudit.outlets.reports.inspected import inspected_of

PROFILE = 'title = "试"\nextends = "ordos-2023"\n[inspection.plan]\nshare = 0.13\n'
FAULTS: dict[int, dict[str, str]] = {
    0: {"steps": "有问题", REMARK: "环节合法：多了一次审核\n其余无误"},
    1: {"form": "有问题", "review": "不适用", REMARK: "漏填联系电话"},
}
"""The first is failed, the second has a minor fault."""


@pytest.fixture(scope="module")
def drawn_once(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = make_site(tmp_path_factory.mktemp("forms") / "home", "[publish]\ntexts = true\n", PROFILE)
    desk.ok("inspect", "freeze", *OF_MONTH, "--by", "post1")
    desk.ok("inspect", "draw", *OF_MONTH, *DICE, "-o", desk.home / "DRAW.json", "--by", "insp")
    desk.ok("inspect", "export", *OF_MONTH, "-o", desk.home / "forms.xlsx")
    return desk


@pytest.fixture
def office(drawn_once: Desk, tmp_path: Path) -> Desk:
    return drawn_once.copy_to(tmp_path / "home")


def filled(desk: Desk, said: dict[int, dict[str, str]], *, all_others: bool = True, name: str = "in") -> Path:
    source = desk.home / "forms.xlsx"
    other: dict[str, str] | None = {} if all_others else None
    return fill_forms(source, desk.home / f"{name}.xlsx", lambda row: said.get(row, other))


def taken(desk: Desk, path: Path, by: str = "insp", status: int = 0) -> list[dict[str, Any]]:
    return list(desk.facts("inspect", "import", path, "--by", by, status=status)["rows"])


def examined(desk: Desk) -> list[dict[str, Any]]:
    return [event.state for event in desk.events("inspection-examined")]


def test_a_form_tells_the_business_and_asks_for_each_item(office: Desk) -> None:
    rows = sheet_rows(office.home / "forms.xlsx")
    assert [row[NUMBER] for row in rows] == [
        f"{OFFICE}-{MONTH}-1-{serial:03}" for serial in range(1, len(rows) + 1)
    ]
    first, last = rows[0], rows[-1]
    told = [first[name] for name in ("业务名称", "登记类型", "受理人", "核定人", "抽中或必查")]
    assert told == ["转移登记", "转移登记", "李四", "王五", "抽中"]
    assert (last["业务编号"], last["业务名称"]) == ("X002", "转移登记·用途变更")
    assert last["抽中或必查"] == "必查：用途变化"
    assert all(item.title in first for item in inspection_items().values())
    with zipfile.ZipFile(office.home / "forms.xlsx") as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        texts = book.read("xl/sharedStrings.xml").decode()
    assert "鄂尔多斯方案（17）；实施清单8" in texts
    assert sheet.count('type="list"') == len(inspection_items())
    assert "合格,有问题,不适用" in sheet
    assert "<f>" not in sheet
    papers = sorted((office.home / "forms").glob("*.pdf"))
    assert len(papers) == len(rows)
    assert papers[0].read_bytes().startswith(b"%PDF")
    before = [path.read_bytes() for path in papers]
    office.ok("inspect", "export", *OF_MONTH, "-o", office.home / "forms.xlsx")
    assert [path.read_bytes() for path in papers] == before


def test_a_fault_opens_an_entry_that_is_linked(office: Desk) -> None:
    rows = taken(office, filled(office, FAULTS))
    assert [row["grade"] for row in rows[:3]] == ["failed", "good", "excellent"]
    entries = [row["entry"] for row in rows]
    assert all(entries[:2])
    assert not any(entries[2:])
    shown = office.facts("ledger", "show", entries[0])
    assert (shown["kind"], shown["severity"], shown["state"]) == ("inspection", "major", "listed")
    assert "环节合法:多了一次审核" in shown["summary"]
    assert shown["basis"] == "威海方案 任务对照表17"
    assert office.facts("ledger", "show", entries[1])["severity"] == "minor"
    events = examined(office)
    assert [event["entry"] for event in events[:2]] == entries[:2]
    assert events[0]["remark"] == "其余无误"
    assert (events[0]["person"], events[0]["role"], events[0]["door"]) == ("P7", "inspector", "excel")
    # What was opened is an entry as any other.
    office.ok("ledger", "assign", entries[0], "--to", "section:A科", "--kind", "at_once", "--by", "post1")


def test_the_same_sheet_again_says_nothing_new_and_a_correction_leaves_the_old(office: Desk) -> None:
    path = filled(office, FAULTS)
    first = taken(office, path)
    events = office.events()
    assert not any(row["is_new"] for row in taken(office, path))
    assert office.events() == events
    # With the version that it had another opinion is refused; of a sheet exported anew it is a correction.
    other = filled(office, {0: {}}, all_others=False, name="late")
    [late] = taken(office, other, by="post1", status=3)
    assert "已由他人检查或更正" in late["refused"]
    office.ok("inspect", "export", *OF_MONTH, "-o", office.home / "forms.xlsx")
    again = sheet_rows(office.home / "forms.xlsx")[0]
    assert (again["环节合法"], again[REMARK]) == ("有问题", "环节合法:多了一次审核\n其余无误")
    assert again[DAY]
    anew = filled(office, {0: {REMARK: ""}}, name="anew", all_others=False)
    [corrected] = [row for row in taken(office, anew, "post1") if row["is_new"]]
    assert (corrected["grade"], corrected["entry"]) == ("excellent", first[0]["entry"])
    of_unit = [event for event in examined(office) if event["unit"] == corrected["unit"]]
    assert [event["grade"] for event in of_unit] == ["failed", "excellent"]
    assert of_unit[1]["corrects"] == 3
    assert office.facts("ledger", "show", first[0]["entry"])["state"] == "listed"


@pytest.mark.parametrize(
    ("by", "said", "told"),
    [
        ("li2", {}, "经办过此件"),
        ("anal", {}, "由质检员或质量监管岗"),
        ("head", {}, "由质检员或质量监管岗"),
        ("nobody", {}, "没有用户"),
        ("insp", {"form": ""}, "没有结论"),
        ("insp", {"form": "还行"}, "应为 合格、有问题、不适用 之一"),
        ("insp", {"form": "有问题"}, "须说明是什么问题"),
        ("insp", dict.fromkeys(inspection_items(), "不适用"), "不能各项都不适用"),
        ("insp", {DAY: "2026-03-01"}, "应在抽取"),
        ("insp", {DAY: "2099-01-01"}, "应在抽取"),
        ("insp", {DAY: "昨天"}, "应为日期"),
        ("insp", {NUMBER: f"{OFFICE}-{MONTH}-2-001"}, "没有质检编号"),
        ("insp", {NUMBER: "X"}, "没有质检编号"),
    ],
)
def test_what_is_refused(drawn_once: Desk, by: str, said: dict[str, str], told: str) -> None:
    before = drawn_once.events()
    path = filled(drawn_once, {0: said}, all_others=False)
    [row] = taken(drawn_once, path, by=by, status=3)
    assert told in row["refused"], row
    assert drawn_once.events() == before


def test_a_row_that_is_refused_keeps_no_other_from_being_taken(office: Desk) -> None:
    rows = taken(office, filled(office, {0: {"form": "有问题"}, 1: {DAY: str(today())}}), status=3)
    assert [bool(row["refused"]) for row in rows[:2]] == [True, False]
    assert len(examined(office)) == len(rows) - 1
    path = filled(office, {0: {"form": "有问题", REMARK: "漏填"}}, all_others=False, name="one")
    for words in (("--month", "2026-04"), ("--office", "150603")):
        [row] = office.facts("inspect", "import", path, "--by", "insp", *words, status=3)["rows"]
        assert "不属于所说的抽查" in row["refused"]
        said = office.run("inspect", "import", path, "--by", "insp", *words).text
        assert said.count(row["number"]) == said.count(f"第{row['row']}行") == 1
    assert office.facts("inspect", "import", path, "--by", "insp", *OF_MONTH)["refused"] == 0
    office.ok("ledger", "export", "-o", office.home / "ledger.xlsx")
    run = office.run("inspect", "import", office.home / "ledger.xlsx", "--by", "insp")
    assert run.status == 1
    assert "请用regauditinspectexport重新导出" in run.text


def test_what_one_may_say(office: Desk) -> None:
    told = office.facts("inspect", "result", *OF_MONTH)
    assert not told["whole"]["sentence"]
    assert "全部检查完,才能作结论" in told["whole"]["cautions"][0]
    taken(office, filled(office, FAULTS))
    told = office.facts("inspect", "result", *OF_MONTH)
    # 6 of 46, 5 and 1: as many as their shares.
    assert told["is_proportional"]
    whole = told["whole"]
    assert (whole["drawn"], whole["examined"], whole["failed"], whole["faulty"]) == (6, 6, 1, 2)
    assert whole["sentence"] == "抽查 6 件,不合格 1 件:有 95% 把握,不合格率低于 58.2%"
    assert "件数少" in whole["cautions"][0]
    assert [one["drawn"] for one in told["strata"]] == [5, 1]
    # What is always inspected stands outside.
    assert (told["mandatory"]["drawn"], told["mandatory"]["sentence"]) == (2, "")
    text = office.ok("inspect", "result", *OF_MONTH).text
    assert "必查(不用于推断)" in text
    assert "Clopper–Pearson,按无限总体计" in text


def test_the_report_of_the_month_says_it_too(office: Desk) -> None:
    need_press()
    taken(office, filled(office, FAULTS))
    own = facts_of(made(office, "monthly", "--month", "2026-03", "--office", OFFICE)[OFFICE])
    rows = {row["part"]: row for row in own["inspections"]}
    assert {part: (row["drawn"], row["failed"]) for part, row in rows.items()} == {
        f"{OFFICE} 一般登记": (5, 1),
        f"{OFFICE} 抵押登记": (1, 0),
        "全部各层": (6, 1),
        "必查（不用于推断）": (2, 0),
    }
    assert rows["全部各层"]["told"].startswith("抽查 6 件，不合格 1 件：有 95% 把握，不合格率低于 58.2%。")
    assert rows["必查（不用于推断）"]["told"] == ""
    everywhere = made(office, "monthly", "--month", "2026-03", "--office", "ALL")["ALL"]
    assert facts_of(everywhere)["inspections"] == own["inspections"]
    assert "必查（不用于推断）" in pdf_text(everywhere["paths"]["pdf"])
    # Another month has no part of it, but the one in which it was drawn, which is later.
    with EventLog(office.home) as log:
        [inspection] = read_inspections(log)
    drawn_on = date.fromisoformat(inspection.drawn[-1].at[:10])
    for first, parts in ((date(2026, 2, 1), 0), (drawn_on.replace(day=1), 4)):
        told = inspected_of(
            [inspection], InspectionPlan(), OFFICE, Period(first, "month"), titles={}, all_name="ALL"
        )
        assert [row["month"] for row in told] == ["2026-03"] * parts
    assert "本期办结的业务没有抽查" in pdf_text(
        made(office, "monthly", "--month", "2026-02", "--office", "ALL")["ALL"]["paths"]["pdf"]
    )


def test_a_mandatory_fault_is_no_part_of_the_sentence(office: Desk) -> None:
    last = len(sheet_rows(office.home / "forms.xlsx")) - 1
    taken(office, filled(office, {last: {"change": "有问题", REMARK: "没有批准文件"}}))
    told = office.facts("inspect", "result", *OF_MONTH)
    assert told["whole"]["sentence"].startswith("抽查 6 件,不合格 0 件:")
    assert told["mandatory"]["failed"] == 1


def test_what_is_published_holds(office: Desk) -> None:
    taken(office, filled(office, FAULTS))
    office.ok("check", "--as-of", "2026-04-02")
    rows = office.query(
        "SELECT unit, case_no, batch_no, stratum, is_mandatory, grade, faults, entry IS NOT NULL, is_current "
        "FROM inspections ORDER BY inspection_no"
    )
    assert len(rows) == 8
    assert rows[0][3:] == (f"{OFFICE}/general", False, "failed", 1, True, True)
    assert rows[-1] == (f"{OFFICE}/X002", "X002", None, None, True, "excellent", 0, False, True)
    [(count, faults, remark)] = office.query(
        "SELECT count(*), count(*) FILTER (verdict = 'fault'), max(remark) FROM inspection_items"
    )
    assert (count, faults, remark) == (8 * len(inspection_items()), 2, "多了一次审核")
    assert office.facts("verify")["is_whole"]
    office.configure("", profile="own")
    office.ok("check", "--as-of", "2026-04-02")
    assert office.query("SELECT count(remark) FROM inspection_items") == [(0,)]
    assert office.facts("verify")["is_whole"]


def test_a_batch_is_examined_as_one(drawn_once: Desk, tmp_path: Path) -> None:
    desk = drawn_once.copy_to(tmp_path / "home")
    (desk.home / "profiles" / "own.toml").write_text(PROFILE.replace("0.13", "1.0"), encoding="utf-8")
    assert desk.run("nightly", desk.home / "steps.csv", "--as-of", "2026-04-02").status in (0, 3)
    again = ("--reason", "全部检查")
    desk.ok("inspect", "freeze", *OF_MONTH, *again)
    desk.ok("inspect", "draw", *OF_MONTH, "--dice", "1111122222", *DICE[2:], *again)
    desk.ok("inspect", "export", *OF_MONTH, "-o", desk.home / "forms.xlsx")
    rows = sheet_rows(desk.home / "forms.xlsx")
    [place] = [place for place, row in enumerate(rows) if (row["业务编号"] or "").startswith("批次")]
    assert rows[place]["业务编号"] == "批次 7,共 5 件:B000、B001、B002、B003、B004"
    assert str(rows[place][NUMBER]).startswith(f"{OFFICE}-{MONTH}-2-")
    said = {place: {"time": "有问题", REMARK: "超期"}}
    [row] = taken(desk, filled(desk, said, all_others=False))
    shown = desk.facts("ledger", "show", row["entry"])
    assert shown["batch_no"] == "7"
    assert examined(desk)[0]["case_nos"] == ["B000", "B001", "B002", "B003", "B004"]


def test_grades_follow_a_stated_rule() -> None:
    minor = [name for name, item in inspection_items().items() if item.severity == "minor"]
    for faults, grade in ((0, "excellent"), (1, "good"), (2, "fair"), (3, "fair"), (4, "failed")):
        assert grade_of(dict.fromkeys(minor[:faults], "fault"), Grades()) == grade
    assert grade_of({"time": "fault"}, Grades()) == "failed"
    assert grade_of({"time": "na", "form": "pass"}, Grades()) == "excellent"
