"""Persons and accounts from imports to mails: who was meant, who hears of it, what nobody could decide."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from conftest import Desk, ordinary_case, step

ROSTER = [
    {"account": "li", "person_id": "P1", "person_name": "李二"},
    {"account": "wang", "person_id": "P2", "person_name": "王三"},
    {"account": "zhao", "person_id": "P3", "person_name": "赵四"},
    {"account": "zhao2", "person_id": "P3", "person_name": "赵四"},
]
IN_TWO_OFFICES = [
    step("A1", "accept", "2026-03-02 09:00:00", "zhao"),
    step("B1", "accept", "2026-03-02 09:00:00", "zhao2", office="150603"),
    step("C1", "accept", "2026-03-02 09:00:00", "wang", office="150604"),
]


def text_to(desk: Desk, office: str) -> str:
    """The text of an office's one mail."""
    [path] = (desk.home / "outbox").glob(f"*-{office}-*.eml")
    message = message_from_bytes(path.read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_a_finding_about_a_person_reaches_each_of_his_offices(desk: Desk) -> None:
    desk.ok("import", desk.export("roster.csv", ROSTER), desk.export("a.csv", IN_TWO_OFFICES))
    desk.ok("nightly", "--as-of", "2026-03-02")
    told = "赵四（人员编号 P3）同时持有账号 zhao、zhao2"
    assert told in text_to(desk, "150602")
    assert told in text_to(desk, "150603")
    assert told not in text_to(desk, "150604")
    assert desk.query("SELECT office, person_id FROM findings WHERE rule = 'multiple-accounts'") == [
        (None, "P3")
    ]
    for office, count in (("150602", 1), ("150603", 1), ("150604", 0)):
        found = desk.facts("findings", "--rule", "multiple-accounts", "--office", office)
        assert len(found) == count
    [opened] = [e for e in desk.events("finding-opened") if e.state["rule"] == "multiple-accounts"]
    entries = [
        e.position for e in desk.events("roster-entry-recorded") if "zhao" in e.state["entry"]["account"]
    ]
    assert opened.state["evidence"] == entries


def test_a_person_of_one_office_is_found_there(desk: Desk) -> None:
    desk.ok("import", desk.export("roster.csv", ROSTER), desk.export("a.csv", IN_TWO_OFFICES[:1]))
    desk.ok("check", "--as-of", "2026-03-02")
    [finding] = desk.facts("findings", "--rule", "multiple-accounts")
    assert (finding["office"], finding["severity"]) == ("150602", "minor")


def test_what_no_rule_can_decide_is_listed_and_is_no_finding(desk: Desk) -> None:
    blank = [
        step("A2", name, f"2026-03-02 1{hour}:00:00", "") for hour, name in enumerate(("accept", "review"))
    ]
    desk.ok("import", desk.export("a.csv", [*ordinary_case("A1"), *blank]))
    desk.ok("check", "--as-of", "2026-03-02")
    [unknown] = desk.facts("findings", "--unknown", "--rule", "accept-review-same")
    positions = [e.position for e in desk.events("step-recorded") if e.state["action"]["case_no"] == "A2"]
    assert (unknown["office"], unknown["case_no"], sorted(unknown["evidence"])) == ("150602", "A2", positions)
    assert "受理" in unknown["why"]
    assert desk.query("SELECT unknown FROM rule_runs WHERE rule = 'accept-review-same'") == [(1,)]
    assert desk.query("SELECT case_no, rule_title FROM unknowns WHERE rule = 'accept-review-same'") == [
        ("A2", "受审同人")
    ]
    assert desk.facts("findings", "--unknown", "--office", "150603") == []
    assert "A2" in desk.ok("findings", "--unknown").text
    assert not [row for row in desk.facts("findings") if row["rule"] == "accept-review-same"]
    assert desk.run("findings", "--unknown", "--open").status == 2


def test_every_unknown_that_is_counted_is_listed(desk: Desk) -> None:
    rows = [step(f"A{n}", name, "2026-03-02", "") for n in range(3) for name in ("accept", "review", "book")]
    desk.ok("import", desk.export("roster.csv", ROSTER), desk.export("a.csv", rows))
    desk.ok("check", "--as-of", "2026-03-02")
    listed = desk.query("SELECT rule, count(*) FROM unknowns GROUP BY rule ORDER BY rule")
    assert listed == desk.query("SELECT rule, unknown FROM rule_runs WHERE unknown > 0 ORDER BY rule")
    assert ("external-acceptance", 3) in listed


@pytest.mark.slow
def test_a_roster_that_changes_later_does_not_rewrite_what_was_true(desk: Desk) -> None:
    by_one = [
        step("A1", "accept", "2026-03-02 09:00:00", "zhao"),
        step("A1", "review", "2026-03-02 10:00:00", "zhao2"),
        step("A1", "book", "2026-03-02 11:00:00", "zhao"),
    ]
    desk.ok("import", desk.export("roster.csv", ROSTER), desk.export("a.csv", by_one))
    desk.ok("nightly", "--as-of", "2026-03-02")
    query = "SELECT state, person_id FROM findings WHERE rule = 'one-person'"
    assert desk.query(query) == [("open", "P3")]
    # The account is dropped; later it comes back, as somebody else's from that day on.
    desk.ok("import", desk.export("dropped.csv", ROSTER[:3]))
    desk.ok("nightly", "--as-of", "2026-03-03")
    assert desk.query(query) == [("open", "P3")]
    passed_on = ROSTER[3] | {"person_id": "P1", "valid_from": "2026-03-04"}
    again = [
        row | {"case_no": "A2", "occurred_at": row["occurred_at"].replace("-02 ", "-05 ")} for row in by_one
    ]
    desk.ok("import", desk.export("passed.csv", [*ROSTER[:3], passed_on]), desk.export("b.csv", again))
    desk.ok("nightly", "--as-of", "2026-03-05")
    assert desk.query(query) == [("open", "P3")]
    assert desk.query("SELECT person_id FROM steps WHERE account = 'zhao2' ORDER BY occurred_at") == [
        ("P3",),
        ("P1",),
    ]
