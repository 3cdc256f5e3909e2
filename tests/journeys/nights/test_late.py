"""What comes after a night has judged its day: found, and named where a finding ends by it."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import Desk, Row, ordinary_case, step

pytestmark = pytest.mark.long

# 2026-03-02 is a Monday; a case of that day is due on 03-09. Every night another case comes that is in order.
FRIDAY, MONDAY, TUESDAY, WEDNESDAY = "2026-03-06", "2026-03-09", "2026-03-10", "2026-03-11"
ACCEPTED = step("L1", "accept", "2026-03-02 09:00:00", "li", registration_type="200")
PAUSE = step("L1", "pause", "2026-03-05 09:00:00", "li", pause_kind="supplement", reason="材料补正")
ROSTER = "账号,人员编号,姓名,登记机构,机构类别,启用日期\n"


def busy(day: str) -> list[Row]:
    """A case of the day, by which the office is known to have delivered it."""
    who = {"accept": "li", "review": "wang", "book": "zhao"}
    return [
        step(f"D{day[-2:]}", name, f"{day} {hour}:00:00", account, registration_type="200")
        for (name, account), hour in zip(who.items(), ("14", "15", "16"), strict=True)
    ]


def night(desk: Desk, day: str, rows: Sequence[Row] = (), *words: str, status: int = 0) -> Any:
    file = desk.export(f"{day}.csv", [*busy(day), *rows])
    return desk.facts("nightly", file, "--as-of", day, *words, status=status)


def ceased(desk: Desk) -> list[tuple[Any, ...]]:
    return desk.query(
        "SELECT rule, severity, case_no, how, import_no, rows, verdicts, backfill FROM ceased ORDER BY ALL"
    )


def late(desk: Desk, columns: str = "case_no, severity") -> list[tuple[Any, ...]]:
    return desk.query(f"SELECT {columns} FROM findings WHERE rule = 'late-entry' ORDER BY ALL")


@pytest.mark.slow
def test_a_backdated_pause_that_ends_an_overdue_finding(desk: Desk) -> None:
    night(desk, MONDAY, [ACCEPTED])
    night(desk, TUESDAY)
    assert desk.query("SELECT state FROM findings WHERE rule = 'overdue'") == [("open",)]
    assert (late(desk), ceased(desk)) == ([], [])
    night(desk, WEDNESDAY, [PAUSE])
    assert ceased(desk) == [("overdue", "major", "L1", "ceased", 3, 1, ["late"], None)]
    assert late(desk) == [("L1", "major")]
    # That night only; the late entry stays.
    night(desk, "2026-03-12")
    assert (late(desk), ceased(desk)) == ([("L1", "major")], [])
    desk.ok("verify")


def test_what_ends_a_finding_in_the_ordinary_way_is_no_late_entry(desk: Desk) -> None:
    night(desk, FRIDAY, [ACCEPTED])
    assert desk.query("SELECT state FROM findings WHERE rule = 'due-soon'") == [("open",)]
    done = [
        step("L1", name, f"{MONDAY} {at}:00:00", by)
        for name, at, by in (("review", "09", "wang"), ("book", "10", "zhao"))
    ]
    night(desk, MONDAY, done)
    assert desk.query("SELECT state FROM findings WHERE rule = 'due-soon'") == [("gone",)]
    assert (late(desk), ceased(desk)) == ([], [])


@pytest.mark.slow
def test_a_pause_that_ends_and_moves_the_due_day(desk: Desk) -> None:
    night(desk, FRIDAY, [ACCEPTED])
    night(desk, MONDAY)
    night(desk, WEDNESDAY)
    resumed = step("L1", "resume", "2026-03-06 09:00:00", "li")
    night(desk, "2026-03-12", [PAUSE, resumed])
    assert ceased(desk) == [("overdue", "major", "L1", "due_moved", 4, 2, ["late"], None)]
    moved = desk.query("SELECT due_before::VARCHAR, due_after::VARCHAR FROM ceased")
    assert moved == [("2026-03-09", "2026-03-10")]
    night(desk, "2026-03-13")
    assert ceased(desk) == []


def test_a_second_reviewer_added_late(desk: Desk) -> None:
    alone = [
        step("L1", name, f"2026-03-03 {at}:00:00", "li", registration_type="200")
        for name, at in (("accept", "09"), ("review", "10"), ("book", "11"))
    ]
    night(desk, TUESDAY, alone)
    assert desk.query("SELECT severity FROM findings WHERE rule = 'one-person'") == [("critical",)]
    night(desk, WEDNESDAY, [step("L1", "review", "2026-03-03 10:30:00", "wang", node="复审")])
    assert ("one-person", "critical", "L1", "ceased", 2, 1, ["late"], None) in ceased(desk)
    assert late(desk) == [("L1", "critical")]


def test_a_declared_back_fill_is_passed_and_told(desk: Desk) -> None:
    night(desk, MONDAY, [ACCEPTED])
    night(desk, TUESDAY)
    told = night(desk, WEDNESDAY, [PAUSE], "--backfill", "平台 3 月 5 日停机")
    assert [result["backfill"] for result in told["imports"]] == ["平台 3 月 5 日停机"]
    assert ceased(desk) == [("overdue", "major", "L1", "ceased", 3, 1, ["backfill"], "平台 3 月 5 日停机")]
    assert late(desk) == []
    assert desk.query("SELECT backfill FROM imports ORDER BY import_no") == [
        (None,),
        (None,),
        ("平台 3 月 5 日停机",),
    ]
    assert (
        "声明为补录:平台3月5日停机"
        in desk.run(
            "import", desk.export("x.csv", [PAUSE | {"case_no": "L2"}]), "--backfill", "平台 3 月 5 日停机"
        ).text
    )


@pytest.mark.parametrize("reason", ["", " ", "\u200b", "——"])
def test_a_back_fill_without_a_reason_is_refused(desk: Desk, reason: str) -> None:
    file = desk.export("a.csv", [ACCEPTED])
    for command in (("import", file), ("nightly", file)):
        assert desk.run(*command, "--backfill", reason).status == 2
    assert desk.events("import-recorded") == []


@pytest.mark.slow
def test_after_an_outage_that_was_told(desk: Desk) -> None:
    desk.configure('[[sources]]\nname = "甲"\npath = "exports/*.csv"\noffice = "150602"\n')

    def come(day: str, rows: Sequence[Row], status: int = 0) -> None:
        if rows:
            desk.export(f"exports/{day}.csv", rows)
        desk.facts("nightly", "--as-of", day, status=status)
        for path in (desk.home / "exports").glob("*.csv"):
            path.unlink()

    come(FRIDAY, busy(FRIDAY))
    come(MONDAY, [], 3)
    come(TUESDAY, busy(TUESDAY))
    come(WEDNESDAY, busy(WEDNESDAY))
    come("2026-03-12", [*busy("2026-03-12"), *busy(MONDAY), ACCEPTED])
    assert late(desk, "case_no, source, severity") == [("L1", None, "minor"), (None, "甲", "minor")]


@pytest.mark.slow
def test_after_an_office_was_told_to_be_silent(desk: Desk) -> None:
    """Its source went on with other offices; what the silent one did meanwhile comes when it is back."""
    desk.configure('[[sources]]\nname = "甲"\npath = "exports/*.csv"\n')

    def come(day: str, silent: Sequence[str]) -> None:
        rows = [{**row, "office": "150603"} for each in silent for row in busy(each)]
        desk.export(f"exports/{day}.csv", [*busy(day), *rows])
        desk.facts("nightly", "--as-of", day)

    come(FRIDAY, [f"2026-03-0{number}" for number in (2, 3, 4, 5, 6)])
    come(MONDAY, [])
    come(TUESDAY, [])
    assert [event.state["last_on"] for event in desk.events("office-silent")] == [FRIDAY]
    come(WEDNESDAY, [])
    come("2026-03-12", ["2026-03-12"])
    assert late(desk) == []
    come("2026-03-13", [MONDAY, TUESDAY])
    assert late(desk, "case_no, source, office, severity") == [(None, "甲", "150603", "minor")]
    # What lies before the silence is late as anything is.
    come("2026-03-16", ["2026-02-27"])
    assert late(desk, "case_no, source") == [("D27", None), (None, "甲")]


def test_a_row_that_was_rejected_and_comes_back_as_it_was(desk: Desk) -> None:
    """Only its result was wrong in A; B comes back as another's; of C nobody could read the day."""
    good = [
        step(f"{case}1", "accept", "2026-03-02 09:00:00", "li", registration_type="200") for case in "ABC"
    ]
    bad = [
        step("A1", "review", "2026-03-02 10:00:00", "wang", result="bad\ufffd"),
        step("B1", "review", "2026-03-02 10:00:00", "wang", result="bad\ufffd"),
        step("C1", "review", "2026-03-32 10:00:00", "wang"),
    ]
    desk.facts("nightly", desk.export("a.csv", [*good, *bad]), "--as-of", "2026-03-02", status=3)
    night(desk, FRIDAY, status=3)
    correct(
        desk,
        A1={"result": "approve"},
        B1={"result": "approve", "account": "zhao"},
        C1={"occurred_at": "2026-03-02 10:00:00"},
    )
    night(desk, MONDAY)
    # The night had warned of its due day.
    assert late(desk) == [("B1", "major")]
    unknown = desk.query("SELECT case_no, why FROM unknowns WHERE rule = 'late-entry'")
    assert [case for case, _ in unknown] == ["C1"]
    assert "第 1 次导入所隔离的第 7 行" in unknown[0][1]


@pytest.mark.slow
def test_what_comes_back_otherwise_than_it_was_rejected_is_late_or_nobody_knows(desk: Desk) -> None:
    """D to H were rejected for their result and say another day, step, case, actor or name; I to K for what
    then is another.
    """
    spoilt = {"result": "bad\ufffd"}
    rejected = {
        **dict.fromkeys(["D1", "E1", "F1", "G1", "H1"], spoilt),
        "I1": {"account": "wang\ufffd"},
        "J1": {"operator": "王\ufffd"},
        "K1": {"step": "审\ufffd"},
    }
    rows = [step(case, "accept", "2026-03-02 09:00:00", "li", registration_type="200") for case in rejected]
    rows += [
        step(case, "review", "2026-03-02 10:00:00", "wang", operator="王") | said
        for case, said in rejected.items()
    ]
    desk.facts("nightly", desk.export("a.csv", rows), "--as-of", "2026-03-02", status=3)
    night(desk, FRIDAY, status=3)
    correct(
        desk,
        D1={"result": "approve", "occurred_at": "2026-03-03 10:00:00"},
        E1={"result": "approve", "step": "book"},
        F1={"result": "approve", "case_no": "F2"},
        G1={"result": "approve", "account": "zhao"},
        H1={"result": "approve", "operator": "赵"},
        I1={"account": "zhao"},
        J1={"operator": "赵"},
        K1={"step": "review"},
    )
    night(desk, MONDAY)
    assert [case for case, _ in late(desk)] == ["D1", "E1", "F2", "G1", "H1"]
    unknown = desk.query("SELECT case_no FROM unknowns WHERE rule = 'late-entry' ORDER BY ALL")
    assert unknown == [("I1",), ("J1",), ("K1",)]


def test_a_row_that_comes_back_at_once_as_anothers_act_is_told_once(desk: Desk) -> None:
    """A and B name another, C nobody any more, D one where nobody was named; E was rejected for its account,
    F is as it was; G says another day alone.
    """
    spoilt = {"result": "bad\ufffd"}
    rejected = dict.fromkeys(["A1", "B1", "C1", "F1", "G1"], spoilt)
    rejected |= {"D1": spoilt | {"account": ""}, "E1": {"account": "wang\ufffd"}}
    rows = [step(case, "accept", f"{MONDAY} 09:00:00", "li", registration_type="200") for case in rejected]
    rows += [
        step(case, "review", f"{MONDAY} 10:00:00", "wang", operator="王") | said
        for case, said in rejected.items()
    ]
    night(desk, MONDAY, rows, status=3)
    right = {"result": "approve"}
    correct(
        desk,
        A1=right | {"account": "zhao"},
        B1=right | {"operator": "赵"},
        C1=right | {"account": ""},
        D1=right | {"account": "zhao"},
        E1={"account": "zhao"},
        F1=right,
        G1=right | {"occurred_at": f"{MONDAY} 10:30:00"},
    )
    [told] = [reason for reason in night(desk, TUESDAY)["because"] if reason["code"] == "quarantined"]
    changes = ("A1 审核）由 wang 改为 zhao", "B1 审核）由 王 改为 赵", "C1 审核）由 wang 改为 空白")
    assert [change in told["text"] for change in changes] == [True] * 3, told
    assert (told["light"], told["count"], told["office"]) == ("yellow", 4, "150602")
    assert told["text"].endswith(" 等 4 处。")
    assert "第 1 次导入（2026-03-09.csv）隔离的第 12 行" in told["text"]
    assert late(desk) == []
    assert "quarantined" not in {reason["code"] for reason in night(desk, WEDNESDAY)["because"]}


def correct(desk: Desk, **changes: dict[str, str]) -> None:
    """Bring the rejected rows back with what is changed, by case."""
    [path] = (desk.home / "quarantine").glob("*.csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [row | changes[row["case_no"]] for row in csv.DictReader(file)]
    back = Path(desk.home / "back.csv")
    with back.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    desk.ok("import", back)


def test_a_roster_that_makes_two_of_one(desk: Desk, tmp_path: Path) -> None:
    roster = tmp_path / "roster.csv"
    plain = "".join(f"{name},P-{name},{name},150602,center,\n" for name in ("li", "wang", "zhao"))
    roster.write_text(ROSTER + plain, encoding="utf-8")
    desk.ok("import", roster)
    alone = [
        step("L1", name, f"2026-03-03 {at}:00:00", "li", registration_type="200")
        for name, at in (("accept", "09"), ("review", "10"))
    ]
    night(desk, TUESDAY, [*alone, step("L1", "book", "2026-03-03 11:00:00", "zhao")])
    assert desk.query("SELECT case_no FROM findings WHERE rule = 'accept-review-same'") == [("L1",)]
    # Nothing changes for acts of the past without a date; with one, there are two persons in force: nobody.
    rewritten = "li,P-9,孙九,150602,center,2026-03-03\nli,P-li,li,150602,center,2026-03-01\n"
    roster.write_text(ROSTER + plain.replace("li,P-li,li,150602,center,\n", rewritten), encoding="utf-8")
    desk.ok("import", roster)
    night(desk, WEDNESDAY)
    assert [found[:4] for found in ceased(desk)] == [("accept-review-same", "major", "L1", "ceased")]
    assert {found[6][0] for found in ceased(desk)} == {"roster"}
    assert late(desk, "person_id, severity") == [("P-li", "major")]


def test_a_first_roster_is_told_without_a_light(desk: Desk, tmp_path: Path) -> None:
    profiles = desk.home / "profiles"
    profiles.mkdir(exist_ok=True)
    # The roster is late on the second day of an account's use.
    text = 'title = "本地"\nextends = "ordos-2023"\n[params.unregistered-account]\nroster_days = 0\n'
    (profiles / "local.toml").write_text(text, encoding="utf-8")
    desk.configure("", profile="local")
    roster = tmp_path / "roster.csv"
    roster.write_text(ROSTER + "wang,P-wang,wang,150602,center,\n", encoding="utf-8")
    desk.ok("import", roster)
    night(desk, TUESDAY)
    names = ("li", "wang", "zhao")
    roster.write_text(ROSTER + "".join(f"{n},P-{n},{n},150602,center,\n" for n in names), encoding="utf-8")
    desk.ok("import", roster)
    night(desk, WEDNESDAY)
    gone = desk.query("SELECT DISTINCT state FROM findings WHERE rule = 'unregistered-account'")
    assert gone == [("gone",)]
    assert (late(desk), ceased(desk)) == ([], [])


@pytest.mark.slow
def test_nights_that_follow_on_say_what_a_rebuild_says(desk: Desk) -> None:
    night(desk, MONDAY, [ACCEPTED, *ordinary_case("2")])
    night(desk, TUESDAY)
    night(desk, WEDNESDAY, [PAUSE])
    before = late(desk, "*"), ceased(desk)
    desk.ok("nightly", "--as-of", WEDNESDAY, "--rebuild")
    assert (late(desk, "*"), ceased(desk)) == before
