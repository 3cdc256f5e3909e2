"""Exports that say something about the log itself: rewritten, shortened, missing, with rows made up."""

import csv
from collections.abc import Sequence
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from conftest import Desk, Row, as_csv, ordinary_case, step
from test_increments import was_whole

pytestmark = pytest.mark.long

MONDAY, TUESDAY, WEDNESDAY, THURSDAY = "2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05"
DUE = '[[sources]]\nname = "区县甲"\npath = "exports/*.csv"\ndue = "22:00"\n'
COVERS = '[[sources]]\nname = "区县甲"\npath = "exports/*.csv"\ncovers_days = 5\n'


def night(desk: Desk, on: str, rows: Sequence[Row] = (), status: int = 0) -> Any:
    """A night at eleven, after an export of these rows arrived in the source's folder."""
    if rows:
        desk.export(f"exports/{on}.csv", rows)
    return desk.facts("nightly", "--as-of", f"{on} 23:00", status=status)


def mail(desk: Desk, on: str, office: str = "150602") -> tuple[str, str]:
    """Subject and text of an office's one mail of a night."""
    [path] = (desk.home / "outbox").glob(f"{on}-{office}-*.eml")
    message = message_from_bytes(path.read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain",))
    assert body is not None
    return message["Subject"], str(body.get_content())


def ledger(desk: Desk, rule: str) -> list[str]:
    """What the ledger says of a rule's one finding, in order."""
    [opened] = [e for e in desk.events("finding-opened") if e.state["rule"] == rule]
    return [e.topic.removeprefix("finding-") for e in desk.events() if e.stream == opened.stream]


def found(desk: Desk, rule: str) -> list[tuple[Any, ...]]:
    return desk.query(f"SELECT case_no, state, summary FROM findings WHERE rule = '{rule}' ORDER BY case_no")


def test_a_rewritten_row_is_found_told_and_stays(desk: Desk) -> None:
    desk.configure(COVERS)
    night(desk, MONDAY, [*ordinary_case("A1"), *ordinary_case("A2")])
    assert desk.query("SELECT status, examined FROM rule_runs WHERE rule = 'log-altered'") == [("passed", 2)]

    rewritten = [
        row | ({"result": "return"} if row["step"] == "review" else {}) for row in ordinary_case("A1")
    ]
    night(desk, TUESDAY, [*rewritten, *ordinary_case("A2")])
    told = "业务 A1 的审核记录(3月2日10:00)在后来的导出中被改:结果 空→回退"
    assert found(desk, "log-altered") == [("A1", "open", told)]
    assert desk.query("SELECT case_no, column_name, title, old_value, new_value FROM altered_values") == [
        ("A1", "result", "结果", None, "回退")
    ]
    [evidence] = desk.query("SELECT evidence FROM findings WHERE rule = 'log-altered'")
    versions = [e.position for e in desk.events() if e.state.get("action", {}).get("step") == "review"]
    assert evidence == ([versions[0], versions[-1]],)
    subject, text = mail(desk, TUESDAY)
    assert "新增问题 1 项（严重 1 项）" in subject
    assert text.count("A1 的审核记录") == 1

    # The platform sends the first version again: both are known, the finding stays.
    night(desk, WEDNESDAY, [*ordinary_case("A1"), *ordinary_case("A2"), *ordinary_case("A3")])
    assert ledger(desk, "log-altered") == ["opened"]
    assert "未结 1 项" in mail(desk, WEDNESDAY)[0]
    assert "source" not in desk.events("finding-opened")[0].state


@pytest.mark.slow
def test_a_row_that_a_covering_export_lacks_is_found_told_and_stays(desk: Desk) -> None:
    desk.configure(COVERS)
    night(desk, MONDAY, [*ordinary_case("A1"), *ordinary_case("A2")])
    night(desk, TUESDAY, [*ordinary_case("A1")[:2], *ordinary_case("A2"), *ordinary_case("A3")])
    told = "业务 A1 的登簿记录(3月2日11:00)不见于后来的导出 2026-03-03.csv,而该导出声明涵盖2月27日至3月3日"
    assert found(desk, "log-vanished") == [("A1", "open", told)]
    assert desk.query("SELECT examined FROM rule_runs WHERE rule = 'log-vanished'") == [(3,)]
    assert desk.query("SELECT state FROM cases WHERE case_no = 'A1'") == [("closed",)]
    [booked] = [
        e.position
        for e in desk.events("step-recorded")
        if (e.state["action"]["case_no"], e.state["action"]["step"]) == ("A1", "book")
    ]
    [_, imported] = [e.position for e in desk.events("import-recorded")]
    assert desk.query("SELECT evidence FROM findings WHERE rule = 'log-vanished'") == [([booked, imported],)]
    assert desk.query("SELECT case_no, step, step_position, source FROM vanished_steps") == [
        ("A1", "book", booked, "区县甲")
    ]
    assert "A1 的登簿记录" in mail(desk, TUESDAY)[1]

    # Lacking again is no second event; there again is no excuse.
    night(desk, WEDNESDAY, [*ordinary_case("A1")[:2], *ordinary_case("A2"), *ordinary_case("A3")][::-1])
    night(desk, THURSDAY, [*ordinary_case("A3"), *ordinary_case("A1"), *ordinary_case("A2")])
    assert len(desk.events("step-vanished")) == 1
    assert ledger(desk, "log-vanished") == ["opened"]
    assert found(desk, "log-vanished") == [("A1", "open", told)]


def test_an_import_by_hand_may_declare_what_it_covers(desk: Desk) -> None:
    desk.ok("import", desk.export("a.csv", [*ordinary_case("A1"), *ordinary_case("A2", "2026-03-09")]))
    desk.ok("check", "--as-of", "2026-03-10")
    assert desk.query("SELECT status FROM rule_runs WHERE rule = 'log-vanished'") == [("not_applicable",)]
    rest = [*ordinary_case("A1")[:1], *ordinary_case("A3")]
    desk.ok("import", desk.export("b.csv", rest), "--covers", "2026-03-01..2026-03-05")
    desk.ok("check", "--as-of", "2026-03-10")
    [finding] = found(desk, "log-vanished")
    assert finding[0] == "A1"
    assert finding[2].endswith("声明涵盖3月1日至3月5日;共缺 2 条记录")
    # The case of the ninth was not asked for.
    assert desk.query("SELECT examined FROM rule_runs WHERE rule = 'log-vanished'") == [(2,)]
    assert desk.query(
        "SELECT import_no, source, covers_from::VARCHAR, covers_to::VARCHAR, vanished, skipped FROM imports"
    ) == [(1, None, None, None, 0, 0), (2, None, "2026-03-01", "2026-03-05", 2, 0)]


@pytest.mark.slow
def test_a_missing_export_is_found_told_once_and_gone_when_it_comes(desk: Desk) -> None:
    desk.configure(DUE)
    night(desk, MONDAY, ordinary_case("A1"))
    assert desk.query("SELECT status, examined FROM rule_runs WHERE rule = 'export-missing'") == [
        ("passed", 1)
    ]
    assert "零报告" in mail(desk, MONDAY)[0]

    assert night(desk, TUESDAY, status=3)["missing"] == ["区县甲"]
    told = "数据源 区县甲 应于3月3日 22:00 前送达的导出未到(已缺 1 晚)"
    query = "SELECT source, office, case_no, state, summary FROM findings WHERE rule = 'export-missing'"
    assert desk.query(query) == [("区县甲", None, None, "open", told)]
    subject, text = mail(desk, TUESDAY)
    assert "数据未到 1 处" in subject
    assert "新增问题 1 项" in subject
    assert text.count("区县甲") == 2  # why it is yellow, and the finding
    assert "数据未到（1 处）" in text
    [opened] = desk.events("finding-opened")
    assert (opened.state["source"], opened.state["office"]) == ("区县甲", None)

    night(desk, WEDNESDAY, status=3)
    assert desk.query(query)[0][4].endswith("(已缺 2 晚)")
    assert "未结 1 项" in mail(desk, WEDNESDAY)[0]
    assert desk.query("SELECT source, night::VARCHAR, due FROM missed_exports") == [
        ("区县甲", TUESDAY, "22:00"),
        ("区县甲", WEDNESDAY, "22:00"),
    ]

    night(desk, THURSDAY, ordinary_case("A2", THURSDAY))
    assert desk.query(query)[0][3] == "gone"
    assert ledger(desk, "export-missing") == ["opened", "gone"]
    night(desk, "2026-03-06", status=3)
    assert ledger(desk, "export-missing") == ["opened", "gone", "reopened"]
    assert desk.query(query)[0][4].endswith("(已缺 1 晚)")
    # A look back at a night before anything was missing.
    desk.ok("check", "--as-of", MONDAY)
    assert desk.query("SELECT status FROM rule_runs WHERE rule = 'export-missing'") == [("passed",)]


@pytest.mark.slow
def test_a_night_run_again_tells_the_same(desk: Desk) -> None:
    desk.configure(DUE)
    night(desk, MONDAY, ordinary_case("A1"))
    night(desk, TUESDAY, status=3)
    night(desk, TUESDAY, status=3)
    assert len(desk.events("export-missed")) == 1
    mail(desk, TUESDAY)
    # It came late that night: the run after it knows.
    assert night(desk, TUESDAY, ordinary_case("A2"))["missing"] == []
    assert ledger(desk, "export-missing") == ["opened", "gone"]


@pytest.mark.slow
def test_a_share_that_was_away_for_a_night_is_there_again_with_the_same_files(desk: Desk) -> None:
    desk.configure(DUE.replace('due = "22:00"\n', ""))
    night(desk, MONDAY, ordinary_case("A1"))
    (desk.home / "exports").rename(desk.home / "unmounted")
    for day in (TUESDAY, WEDNESDAY):
        assert night(desk, day, status=3)["missing"] == ["区县甲"]
    (desk.home / "unmounted").rename(desk.home / "exports")
    for day in (THURSDAY, "2026-03-06"):
        assert night(desk, day)["missing"] == []
        assert ledger(desk, "export-missing") == ["opened", "gone"]
    [again] = desk.events("export-delivered")
    assert again.state == {"source": "区县甲", "night": THURSDAY}
    (desk.home / "exports").rename(desk.home / "unmounted")
    night(desk, "2026-03-09", status=3)
    assert ledger(desk, "export-missing") == ["opened", "gone", "reopened"]
    assert found(desk, "export-missing")[0][2].endswith("(已缺 1 晚)")
    desk.assert_log_is_whole()


@pytest.mark.slow
def test_where_an_export_is_due_what_still_lies_there_is_no_delivery(desk: Desk) -> None:
    desk.configure(DUE)
    night(desk, MONDAY, ordinary_case("A1"))
    night(desk, TUESDAY, status=3)
    # Too early to be missing, and nothing came.
    desk.facts("nightly", "--as-of", f"{WEDNESDAY} 13:00")
    assert desk.events("export-delivered") == []
    assert ledger(desk, "export-missing") == ["opened"]


def test_a_source_of_one_office_is_told_there_even_before_its_first_case(desk: Desk) -> None:
    desk.configure(
        '[[sources]]\nname = "甲"\npath = "a/*.csv"\n'
        '[[sources]]\nname = "乙"\npath = "b/*.csv"\noffice = "150603"\ndue = "21:00"\n'
    )
    desk.export("a/1.csv", ordinary_case("A1"))
    assert night(desk, MONDAY, status=3)["missing"] == ["乙"]
    assert desk.query("SELECT source, office FROM findings") == [("乙", "150603")]
    theirs = mail(desk, MONDAY, "150603")[1]
    assert theirs.count("数据源 乙 应于3月2日 21:00 前送达的导出未到（已缺 1 晚）") == 1
    # It is no matter of the others.
    subject, ours = mail(desk, MONDAY)
    assert "零报告" in subject
    assert "乙" not in ours


def test_corrected_rows_are_no_longer_open_in_the_import_that_rejected_them(desk: Desk) -> None:
    bad = [step("A2", "accept", "昨天"), step("A3", "accept", "前天")]
    assert desk.run("import", desk.export("a.csv", [*ordinary_case("A1"), *bad])).status == 3
    [rejected] = (desk.home / "quarantine").glob("*.csv")
    with rejected.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    rows[0]["occurred_at"] = "2026-03-02 09:00:00"
    assert desk.run("import", desk.export("fixed.csv", rows)).status == 3
    desk.ok("check", "--as-of", TUESDAY)
    # Both came back: what is still wrong with the second is open in the second import.
    query = "SELECT import_no, quarantined, open_quarantined FROM imports ORDER BY 1"
    assert desk.query(query) == [(1, 2, 0), (2, 1, 1)]


def test_rows_made_up_at_export_are_published_as_such(desk: Desk) -> None:
    made_up = [
        step("A1", "accept", "2026-03-02 09:00:00", "zhang"),
        step("A1", "review", "2026-03-02 11:00:00", "zhang", started_at="2026-03-02 11:00:00", order_no="1"),
        step("A1", "book", "2026-03-02 11:00:00", "zhang"),
    ]
    desk.ok("import", desk.export("a.csv", made_up))
    desk.ok("check", "--as-of", TUESDAY)
    assert desk.query("SELECT step, evidence, order_no, table_name FROM steps ORDER BY position") == [
        ("accept", "recorded", None, ""),
        ("review", "synthesised", 1.0, ""),
        ("book", "recorded", None, ""),
    ]
    rules = "('one-person', 'accept-review-same')"
    assert desk.query(f"SELECT examined, violations, unknown FROM rule_runs WHERE rule IN {rules}") == [
        (1, 0, 1),
        (1, 0, 1),
    ]


@pytest.mark.slow
def test_following_nights_see_what_a_build_from_nothing_sees(desk: Desk) -> None:
    cases = [row for n in range(40) for row in ordinary_case(f"C{n:02}")]
    desk.ok("import", desk.export("a.csv", cases))
    desk.ok("check", "--as-of", TUESDAY)
    changed = [row | {"terminal": "T9"} if row["case_no"] == "C00" else row for row in cases[:-1]]
    desk.ok("import", desk.export("b.csv", changed), "--covers", f"{MONDAY}..{MONDAY}")
    desk.ok("check", "--as-of", WEDNESDAY)
    assert not was_whole(desk.home)
    tables = ("findings", "steps", "altered_values", "vanished_steps", "imports")
    contents = {name: desk.query(f"FROM {name} ORDER BY ALL") for name in tables}
    assert [row[1] for row in contents["findings"]].count("log-altered") == 1
    assert [row[1] for row in contents["findings"]].count("log-vanished") == 1
    desk.ok("check", "--as-of", WEDNESDAY, "--rebuild")
    assert {name: desk.query(f"FROM {name} ORDER BY ALL") for name in tables} == contents


def test_a_row_in_quarantine_does_not_hide_that_others_vanished(desk: Desk) -> None:
    cases = [row for n in range(3) for row in ordinary_case(str(n))]
    desk.ok("import", desk.export("a.csv", cases))
    bad = [dict(row) for row in cases if row["case_no"] != "0"]
    bad[0]["occurred_at"] = "not a time"
    [second] = desk.facts("import", desk.export("b.csv", bad), "--covers", "2026-03-01..2026-03-31", status=3)
    # The whole of case 0 is gone; the row in quarantine is of case 1 and may be the one that case 1 lacks.
    assert second["vanished"] == len(ordinary_case("0"))
    desk.ok("check", "--as-of", "2026-03-31")
    assert desk.query("SELECT case_no FROM findings WHERE rule = 'log-vanished'") == [("0",)]


MARCH = ("--covers", "2026-03-01..2026-03-31")


@pytest.mark.parametrize("case_no", ["022026030200001", "202603020000000017", "A-1;2 3", '"7"'])
def test_a_case_in_quarantine_is_not_accused_whatever_its_number_looks_like(desk: Desk, case_no: str) -> None:
    desk.ok("import", desk.export("a.csv", [*ordinary_case(case_no), *ordinary_case("2")]))
    bad = [row | {"occurred_at": "三月"} for row in ordinary_case(case_no)[:1]]
    [second] = desk.facts("import", desk.export("b.csv", [*bad, *ordinary_case("2")]), *MARCH, status=3)
    assert (second["quarantined"], second["vanished"]) == (1, 0)


def test_a_case_that_is_merely_named_in_a_rejected_row_is_accused(desk: Desk) -> None:
    desk.ok("import", desk.export("a.csv", [*ordinary_case("1"), *ordinary_case("2"), *ordinary_case("3")]))
    elsewhere = ordinary_case("3")[0] | {"office": "150603", "occurred_at": "三月"}
    bad = [ordinary_case("2")[0] | {"occurred_at": "三月", "reason": "1"}, elsewhere]
    [second] = desk.facts("import", desk.export("b.csv", [*bad, *ordinary_case("2")]), *MARCH, status=3)
    # The whole of case 1, and of case 3, which only another office's export has.
    assert second["vanished"] == 2 * len(ordinary_case("1"))


@pytest.mark.parametrize(
    ("cells", "vanished"),
    [
        # Of its day in its office, where both can be read.
        ({"case_no": ""}, 3),
        ({"case_no": "1\x07"}, 3),
        ({"case_no": "", "occurred_at": "三月"}, 0),
        ({"case_no": "", "office": "", "occurred_at": "2026-03-09 10:00:00"}, 3),
        ({"case_no": "", "office": "150603"}, 6),
        ({"office": "1/2", "occurred_at": "三月"}, 3),
    ],
)
def test_a_row_that_does_not_tell_its_case_may_be_any_that_it_can_be(
    desk: Desk, cells: dict[str, str], vanished: int
) -> None:
    early, late = ordinary_case("1", MONDAY), ordinary_case("2", "2026-03-09")
    desk.ok("import", desk.export("a.csv", [*early, *late, *ordinary_case("3")]))
    bad = desk.export("b.csv", [early[0] | cells, *ordinary_case("3")])
    [second] = desk.facts("import", bad, *MARCH, status=3)
    assert second["vanished"] == vanished


def test_a_line_that_did_not_fit_may_be_any_action(desk: Desk) -> None:
    path = desk.export("a.csv", [*ordinary_case("1"), *ordinary_case("2")])
    desk.ok("import", path)
    lines = as_csv(ordinary_case("2")).splitlines()
    (desk.home / "b.csv").write_text("\n".join([*lines, "only,three,cells"]), encoding="utf-8")
    [second] = desk.facts("import", desk.home / "b.csv", *MARCH, status=3)
    assert (second["quarantined"], second["vanished"]) == (1, 0)


@pytest.mark.parametrize("case_no", ["01", "A1"])
def test_corrected_rows_are_not_accused_when_their_file_comes_with_a_claim(desk: Desk, case_no: str) -> None:
    bad = [step("A9", "accept", "昨天"), step("A8", "accept", "前天")]
    path = desk.export("a.csv", [*ordinary_case("A7"), *bad])
    desk.run("import", path)
    [rejected] = (desk.home / "quarantine").glob("*.csv")
    with rejected.open(encoding="utf-8-sig", newline="") as file:
        [first, _] = csv.DictReader(file)
    # The number was wrong too.
    fixed = desk.export("fixed.csv", [first | {"occurred_at": f"{MONDAY} 09:00:00", "case_no": case_no}])
    refused = desk.run("import", fixed, *MARCH)
    assert refused.status == 1
    assert "请去掉--covers" in refused.text
    desk.ok("import", fixed)
    desk.ok("quarantine", "--dismiss", "1", "--reason", "弄错了")
    again = desk.run("import", path, *MARCH, "--json").facts[0]
    assert (again["was_known_file"], again["vanished"]) == (False, 0)


def test_a_corrected_file_in_a_source_that_claims_a_period_accuses_nobody(desk: Desk) -> None:
    desk.configure(COVERS)
    night(desk, MONDAY, [*ordinary_case("A1"), step("A2", "accept", "昨天")], status=3)
    [rejected] = (desk.home / "quarantine").glob("*.csv")
    with rejected.open(encoding="utf-8-sig", newline="") as file:
        [row] = csv.DictReader(file)
    desk.export("exports/fixed.csv", [row | {"occurred_at": f"{MONDAY} 09:00:00"}])
    result = night(desk, TUESDAY)
    assert [entry["vanished"] for entry in result["imports"]] == [0, 0]


def test_a_claim_made_later_for_the_same_file_counts(desk: Desk) -> None:
    path = desk.export("a.csv", ordinary_case("1"))
    desk.ok("import", path)
    [again] = desk.facts("import", path, "--covers", "2026-03-01..2026-03-31")
    assert not again["was_known_file"]
    assert again["appended"] == 0
    [_, later] = desk.events("import-recorded")
    assert later.state["covers_from"] == "2026-03-01"


def test_a_bad_file_among_others_keeps_none_of_them_out(desk: Desk) -> None:
    bad = desk.home / "bad.csv"
    bad.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    first, last = desk.export("a.csv", ordinary_case("1")), desk.export("c.csv", ordinary_case("2"))
    run = desk.run("import", first, bad, last)
    assert run.status == 1
    assert "a.csv" in run.out
    assert "c.csv" in run.out
    assert "bad.csv" in run.err
    assert len(desk.events("import-recorded")) == 2
