"""Whoever would choose what is inspected, or what the result says: he is refused, or the result tells it."""

from functools import partial
from pathlib import Path

import pytest
from conftest import Desk
from inspection_site import DICE, MONTH, OF_MONTH, fill_forms, make_site, own_profile
from ledgers import OFFICE, add_users, sheet_rows

from regaudit.outlets.inspection.form_sheet import VERSION

FEW = 'title = "试"\nextends = "ordos-2023"\n[inspection]\nmandatory = []\ndigits = 1\n'
GRADES = 'title = "试"\nextends = "ordos-2023"\n[inspection.grades]\ngood = 9\nfair = 9\n'
OTHER = 'title = "试"\nextends = "ordos-2023"\n[ledger]\nlate_days = 3\n'


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return make_site(tmp_path_factory.mktemp("month") / "home")


@pytest.fixture
def office(month: Desk, tmp_path: Path) -> Desk:
    return month.copy_to(tmp_path / "home")


def refused(desk: Desk, *words: str) -> str:
    before = desk.events()
    run = desk.run("inspect", *words)
    assert run.status == 1, run
    assert desk.events() == before
    return run.text


def said_of(said: dict[int, dict[str, str]], row: int) -> dict[str, str]:
    return said.get(row, {})


def night(desk: Desk, on: str) -> None:
    run = desk.run("nightly", desk.home / "steps.csv", "--as-of", on)
    assert run.status in (0, 3), run


def result(desk: Desk) -> tuple[str, str]:
    """What is told of the whole draw, and of the last stratum."""
    told = desk.facts("inspect", "result", *OF_MONTH)
    return "".join(told["whole"]["cautions"]), "".join(told["strata"][-1]["cautions"])


def test_a_plan_that_no_night_has_seen_freezes_draws_and_grades_nothing(office: Desk) -> None:
    own_profile(office, FEW)
    assert "改动过" in refused(office, "freeze", *OF_MONTH)
    # A check brings it into no mail.
    office.run("check", "--as-of", "2026-04-02")
    assert "改动过" in refused(office, "freeze", *OF_MONTH)
    night(office, "2026-04-02")
    assert "抽查(inspection)" in str(office.events("settings-changed")[-1].state)
    office.ok("inspect", "freeze", *OF_MONTH)
    office.configure("", profile="ordos-2023")
    assert "改动过" in refused(office, "draw", *OF_MONTH, *DICE)
    office.configure("", profile="own")
    office.ok("inspect", "draw", *OF_MONTH, *DICE)
    office.ok("inspect", "export", *OF_MONTH, "-o", office.home / "forms.xlsx")
    path = fill_forms(office.home / "forms.xlsx", office.home / "in.xlsx", lambda _: {})
    own_profile(office, GRADES)
    assert "改动过" in refused(office, "import", str(path), "--by", "insp")


def test_what_else_of_a_profile_changes_hinders_no_inspection(office: Desk) -> None:
    own_profile(office, OTHER)
    office.ok("inspect", "freeze", *OF_MONTH)


def test_of_many_checkpoints_none_is_picked_without_a_reason(office: Desk) -> None:
    office.ok("inspect", "freeze", *OF_MONTH)
    night(office, "2026-04-02")
    [run] = [event.position for event in office.events("run-completed")][1:]
    night(office, "2026-04-03")
    last, _ = office.checkpoints()[-1]
    own = ("--checkpoint", str(last))
    assert "自选一个就是挑选结果" in refused(office, "draw", *OF_MONTH, *own)
    office.ok("inspect", "draw", *OF_MONTH, *own, "--reason", "首晚检查点无人抄录")
    assert office.events("inspection-drawn")[-1].state["root_size"] == last > run
    assert "首晚检查点无人抄录" in result(office)[0]


def test_two_names_of_one_person_are_one_witness(office: Desk) -> None:
    people = {"zhou": ("P31", "analyst", ""), "zhou2": ("P31", "analyst", "")}
    add_users(office.home, people)
    office.ok("inspect", "freeze", *OF_MONTH)
    twice = (*DICE[:2], "--witness", "zhou", "--witness", "zhou2")
    assert "同一自然人" in refused(office, "draw", *OF_MONTH, *twice)
    # Who draws under one login witnesses under no other of his.
    add_users(office.home, {"insp9": ("P7", "analyst", "")})
    own = (*DICE[:4], "--witness", "insp9", "--by", "insp")
    assert "就是办理抽取的人" in refused(office, "draw", *OF_MONTH, *own)
    office.ok("inspect", "draw", *OF_MONTH, *DICE[:4], "--witness", "zhou", "--by", "insp")


def test_the_result_tells_that_it_was_frozen_and_drawn_again(office: Desk) -> None:
    office.ok("inspect", "freeze", *OF_MONTH)
    office.ok("inspect", "draw", *OF_MONTH, *DICE)
    assert not [words for words in result(office) if "原因" in words]
    office.ok("inspect", "freeze", *OF_MONTH, "--reason", "补了数据")
    again = ("--dice", "1234512345", *DICE[2:], "--reason", "有人异议")
    office.ok("inspect", "draw", *OF_MONTH, *again)
    for words in result(office):
        assert "总体冻结过 2 次,最后一次的原因:补了数据" in words
        assert "这是第 2 次抽取,原因:有人异议" in words


def test_the_result_tells_what_was_frozen_before_the_month_was_over(office: Desk) -> None:
    april = ("--month", "2026-04", "--office", OFFICE)
    office.ok("inspect", "freeze", *april, "--reason", "月末停机")
    office.ok("inspect", "draw", *april, *DICE)
    told = office.facts("inspect", "result", *april)
    assert any("该月以后办结的不在总体中" in words for words in told["whole"]["cautions"])
    office.ok("inspect", "freeze", *OF_MONTH)
    office.ok("inspect", "draw", *OF_MONTH, *DICE)
    assert not [words for words in result(office) if "不在总体中" in words]


def test_the_result_tells_which_failed_units_were_corrected(office: Desk) -> None:
    office.ok("inspect", "freeze", *OF_MONTH)
    office.ok("inspect", "draw", *OF_MONTH, *DICE)
    forms = office.home / "forms.xlsx"
    fault = {"steps": "有问题", "问题说明": "多了一次审核"}
    for name in ("first", "second"):
        office.ok("inspect", "export", *OF_MONTH, "-o", forms)
        said: dict[int, dict[str, str]] = {0: fault} if name == "first" else {}
        path = fill_forms(forms, office.home / f"{name}.xlsx", partial(said_of, said))
        office.ok("inspect", "import", path, "--by", "insp")
        whole, last = result(office)
        assert (f"更正的:{OFFICE}-{MONTH}-1-001" in whole) == (name == "second")
        assert "更正的" not in last


def test_what_nobody_can_tell_to_be_mandatory_is_told_before_it_is_frozen(office: Desk) -> None:
    told = office.facts("inspect", "plan", *OF_MONTH)
    # All but three units: no subtype, no matter.
    assert told["undescribed"] == told["count"] + told["mandatory_units"] - 3
    assert "是否必查无从认定" in office.ok("inspect", "freeze", *OF_MONTH).text
    own_profile(office, FEW)
    assert office.facts("inspect", "plan", *OF_MONTH)["undescribed"] == 0


def test_a_version_that_was_made_up_is_refused_and_ends_nothing(office: Desk) -> None:
    office.ok("inspect", "freeze", *OF_MONTH)
    office.ok("inspect", "draw", *OF_MONTH, *DICE)
    office.ok("inspect", "export", *OF_MONTH, "-o", office.home / "forms.xlsx")
    rows = sheet_rows(office.home / "forms.xlsx")
    [version] = [name for name, value in rows[0].items() if name == VERSION]
    said = {0: {version: "9" * 5000}}
    path = fill_forms(office.home / "forms.xlsx", office.home / "in.xlsx", partial(said_of, said))
    [first, *others] = office.facts("inspect", "import", path, "--by", "insp", status=3)["rows"]
    assert "已被改动" in first["refused"]
    assert others
    assert all(row["is_new"] for row in others)
