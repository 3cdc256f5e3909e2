"""`regaudit explain`: the story of a finding, each line with its log position, file and row."""

from pathlib import Path
from typing import Any

import pytest
from conftest import Desk, ordinary_case, step

from regaudit.catalogue.rules import ROLES
from regaudit.cli.ledger_texts import EVIDENCE_PARTS

pytestmark = pytest.mark.long

DAY = "2026-03-02"


def finding_of(desk: Desk, rule: str, case_no: str) -> str:
    """The finding's id, after a check where none has run yet."""
    if not (desk.home / "regaudit.duckdb").exists():
        desk.ok("check", "--as-of", "2026-03-31")
    [found] = [row for row in desk.facts("findings", "--rule", rule) if row["case_no"] == case_no]
    return str(found["finding_id"])


def told(desk: Desk, finding_id: str) -> dict[str, Any]:
    facts: dict[str, Any] = desk.facts("explain", finding_id)
    return facts


def a_jump(case_no: str = "B9") -> list[dict[str, str]]:
    """Three cases wait from half past eight; one that comes at eleven is reviewed first."""
    rows = [step("A0", "accept", f"{DAY} 08:30:00", "li"), step("A0", "review", f"{DAY} 08:40:00", "wang")]
    for number in (1, 2, 3):
        rows.append(step(f"A{number}", "accept", f"{DAY} 08:4{number}:00", "li"))
        rows.append(step(f"A{number}", "review", f"{DAY} 15:0{number}:00", "wang"))
    rows.append(step("C1", "accept", f"{DAY} 10:30:00", "li"))
    rows.append(step("C1", "review", f"{DAY} 15:30:00", "wang"))
    rows.append(step(case_no, "accept", f"{DAY} 11:00:00", "li"))
    return [*rows, step(case_no, "review", f"{DAY} 11:10:00", "wang")]


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A checked workspace with a queue-jump, which nobody changes."""
    return checked(tmp_path_factory.mktemp("morning") / "home", a_jump())


@pytest.fixture(scope="module")
def late(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The same with a case that was late."""
    rows = [step("L1", "accept", f"{DAY} 09:00:00", "li"), step("L1", "book", "2026-03-20 09:00:00", "zhao")]
    return checked(tmp_path_factory.mktemp("late") / "home", rows)


def checked(home: Path, rows: list[dict[str, str]]) -> Desk:
    desk = Desk(home).make()
    desk.ok("import", desk.export("steps.csv", rows))
    desk.ok("check", "--as-of", "2026-03-31")
    return desk


def test_a_queue_jump_shows_the_lane_of_that_morning(morning: Desk) -> None:
    facts = told(morning, finding_of(morning, "queue-jump", "B9"))
    lane = facts["lane"]
    roles = {unit["case_no"]: unit["role"] for unit in lane["units"]}
    assert roles == {"A1": "overtaken", "A2": "overtaken", "A3": "overtaken", "C1": "close", "B9": "self"}
    assert [unit["case_no"] for unit in lane["units"]] == ["A1", "A2", "A3", "C1", "B9"]
    leads = {unit["case_no"]: unit["lead_minutes"] for unit in lane["units"]}
    assert leads == {"A1": 139, "A2": 138, "A3": 137, "C1": 30, "B9": 0}
    first = lane["units"][0]
    assert (first["arrival"]["file_name"], first["arrival"]["row_no"]) == ("steps.csv", 4)
    assert first["review"]["person_name"] == "wang"
    assert lane["gap_minutes"] == facts["rule"]["params"]["gap_minutes"]


def test_the_lane_leaves_out_who_had_been_served_before(morning: Desk) -> None:
    lane = told(morning, finding_of(morning, "queue-jump", "B9"))["lane"]
    assert "A0" not in {unit["case_no"] for unit in lane["units"]}


def test_who_was_paused_in_between_is_told_apart(desk: Desk) -> None:
    rows = [*a_jump(), step("P1", "accept", f"{DAY} 08:35:00", "li")]
    rows.append(step("P1", "pause", f"{DAY} 10:00:00", "li", pause_kind="supplement", reason="缺材料"))
    desk.ok("import", desk.export("steps.csv", rows))
    lane = told(desk, finding_of(desk, "queue-jump", "B9"))["lane"]
    assert {unit["case_no"]: unit["role"] for unit in lane["units"]}["P1"] == "left"


def test_a_case_set_aside_shows_who_was_taken_before_it(desk: Desk) -> None:
    rows = [step("S1", "accept", f"{DAY} 08:31:00", "li")]
    for number in range(10, 22):
        rows.append(step(f"T{number}", "accept", f"{DAY} 10:{number}:00", "li"))
        rows.append(step(f"T{number}", "review", f"{DAY} 11:{number}:00", "wang"))
    desk.ok("import", desk.export("steps.csv", rows))
    lane = told(desk, finding_of(desk, "passed-over", "S1"))["lane"]
    roles = [unit["role"] for unit in lane["units"]]
    assert roles == ["self"] + ["overtaker"] * 12


def test_one_person_shows_account_terminal_and_time_of_each_act(desk: Desk) -> None:
    rows = [
        step("A1", "accept", f"{DAY} 09:00:00", "zhang", terminal="10.0.0.1"),
        step("A1", "review", f"{DAY} 10:00:00", "zhang2", terminal="10.0.0.2"),
        step("A1", "book", f"{DAY} 11:00:00", "zhang", terminal="10.0.0.1"),
    ]
    roster = [
        {"account": "zhang", "person_id": "P1", "person_name": "张一"},
        {"account": "zhang2", "person_id": "P1", "person_name": "张一"},
    ]
    desk.ok("import", desk.export("roster.csv", roster), desk.export("steps.csv", rows))
    finding_id = finding_of(desk, "one-person", "A1")
    facts = told(desk, finding_id)
    names = ("step", "account", "terminal", "occurred_at", "file_name", "row_no")
    acts = [tuple(row[name] for name in names) for row in facts["evidence"]]
    assert acts == [
        ("accept", "zhang", "10.0.0.1", f"{DAY}T09:00:00", "steps.csv", 2),
        ("review", "zhang2", "10.0.0.2", f"{DAY}T10:00:00", "steps.csv", 3),
        ("book", "zhang", "10.0.0.1", f"{DAY}T11:00:00", "steps.csv", 4),
    ]
    positions = {event.position for event in desk.events("step-recorded")}
    assert {row["position"] for row in facts["evidence"]} == positions
    text = desk.ok("explain", finding_id).text
    for said in ("一人办到底", "宁波通知六", "zhang2", "10.0.0.2", "张一(P1)", "steps.csv", "第2行"):
        assert said in text


def test_a_late_case_shows_its_calendar(late: Desk) -> None:
    finding_id = finding_of(late, "overdue", "L1")
    days = told(late, finding_id)["days"]
    assert [day["on_date"] for day in days if day["is_due"]] == ["2026-03-09"]
    assert "到期" in late.ok("explain", finding_id).text


def test_a_late_booking_is_among_the_evidence_that_the_case_was_late(late: Desk) -> None:
    finding_id = finding_of(late, "overdue", "L1")
    told_of = [(row["step"], row["role"]) for row in told(late, finding_id)["evidence"]]
    assert told_of == [("accept", "context"), ("book", "closing")]
    text = late.ok("explain", finding_id).text
    assert "办结]2026-03-2009:00:00登簿" in text
    assert "背景" not in text


def test_every_part_that_a_row_plays_has_a_short_name() -> None:
    assert [*EVIDENCE_PARTS] == [*ROLES]


def test_evidence_that_is_no_action_is_read_from_the_log(desk: Desk) -> None:
    desk.ok("import", desk.export("one.csv", ordinary_case("A1")))
    changed = [row | {"node": row.get("node", ""), "reason": "改"} for row in ordinary_case("A1")]
    desk.ok("import", desk.export("two.csv", changed))
    finding_id = finding_of(desk, "log-altered", "A1")
    rows = told(desk, finding_id)["evidence"]
    altered = [row for row in rows if row["topic"] == "step-altered"]
    assert altered
    assert all(row["file_name"] == "two.csv" and row["content"]["reason"] == "改" for row in altered)
    assert "two.csv" in desk.ok("explain", finding_id).text


def test_the_first_digits_of_an_id_are_enough_where_they_are_unique(morning: Desk) -> None:
    finding_id = finding_of(morning, "queue-jump", "B9")
    assert told(morning, finding_id[:10])["finding"]["finding_id"] == finding_id


@pytest.mark.parametrize("finding_id", ["0" * 16, "%", ""])
def test_an_unknown_finding_is_a_usage_error(morning: Desk, finding_id: str) -> None:
    run = morning.run("explain", finding_id)
    assert run.status == 2
    assert "没有编号为" in run.text


def test_without_a_database_it_says_what_to_run(desk: Desk) -> None:
    run = desk.run("explain", "0" * 16)
    assert run.status == 1
    assert "regaudit check" in "".join(run.err)
