"""A night opens entries and notes what happened since: what is an entry, what a note, what comes again."""

from datetime import date
from typing import Any

import pytest
from conftest import Desk, ordinary_case, step
from ledger_staff import OFFICE, enlist, entries_of, notes, opened, openings, strike, take

from regaudit.ledger.rows import row_of
from regaudit.ledger.service import Ledger

pytestmark = pytest.mark.long

# 2026-03-02 is a Monday; the general limit is 5 working days, so a case of that day is due on 03-09.
LATE = step("L1", "accept", "2026-03-02 09:00:00", "li", registration_type="200")
ROSTER = "account,person_id,person_name,office,org_kind,post,valid_from,valid_to\r\n"
LEFT = (
    f"old,P1,张三,{OFFICE},center,经办,2020-01-01,2026-02-27\r\n"
    f"li,P2,李四,{OFFICE},center,经办,2020-01-01,\r\n"
)
ONE, TWO = f"{OFFICE}-2026-0001", f"{OFFICE}-2026-0002"
SIX_DAYS = ("2026-03-04", "2026-03-05", "2026-03-06", "2026-03-09", "2026-03-10", "2026-03-11")


def night(
    desk: Desk, as_of: str, *rows: dict[str, str], roster: str = "", words: tuple[str, ...] = ()
) -> Any:
    files = [desk.export(f"exports/{as_of}.csv", rows)] if rows else []
    if roster:
        path = desk.home / f"roster-{as_of}.csv"
        path.write_text(ROSTER + roster, encoding="utf-8")
        files.insert(0, path)
    return desk.run("nightly", *files, "--as-of", as_of, *words)


def used(case_no: str, at: str, account: str = "old") -> dict[str, str]:
    """An action of an account that is no longer valid."""
    return step(case_no, "accept", at, account, registration_type="200")


def found(desk: Desk, rule: str) -> list[str]:
    """The entries of a rule."""
    return [number for number, entry in entries_of(desk).items() if entry.opened.rule == rule]


def test_an_entry_freezes_what_it_is_opened_on(desk: Desk) -> None:
    night(desk, "2026-03-10", LATE)
    [frozen] = openings(desk)
    columns = "finding_id, rule, severity, office, summary, basis, due_on::VARCHAR, evidence"
    [row] = desk.query(f"SELECT {columns} FROM findings")
    positions = [each.position for each in frozen.evidence]
    told = (
        frozen.rule,
        frozen.severity,
        frozen.office,
        frozen.summary,
        frozen.basis,
        frozen.due_on,
        positions,
    )
    assert ([row[0]], *row[1:]) == (frozen.finding_ids, *told)
    assert (frozen.originator_id, frozen.case_nos, frozen.door) == (f"entry:{ONE}", ["L1"], "night")
    assert [each.role for each in frozen.evidence] == ["context"]
    assert {(who.person_id, who.role) for who in frozen.persons} == {
        ("account:li", "accepted"),
        ("account:li", "held_when_due"),
    }
    limits = "SELECT state, light, due_on::VARCHAR, due_limit, holder FROM ledger_entries"
    assert desk.query(limits) == [("listed", "none", "2026-03-13", "assign", "post")]

    # A case that is settled meanwhile changes nothing of it; a night without news writes nothing.
    before = len(desk.events())
    night(desk, "2026-03-11")
    assert [event.topic for event in desk.events()[before:] if event.stream.startswith("entry:")] == []
    night(desk, "2026-03-12", step("L1", "withdraw", "2026-03-09 16:00:00", "li"))
    assert openings(desk) == [frozen]
    assert notes(desk, ONE)[-1] == ("gone", "overdue", "")
    assert desk.query("SELECT state, is_gone FROM ledger_entries") == [("listed", True)]


def test_cases_of_one_batch_are_one_entry(desk: Desk) -> None:
    batch = {"registration_type": "200", "batch_no": "B7"}
    rows = [step(f"L{n}", "accept", "2026-03-02 09:00:00", "li", **batch) for n in range(3)]
    night(desk, "2026-03-10", *rows, LATE | {"case_no": "X"})
    cases = sorted((entry.batch_no, sorted(entry.case_nos)) for entry in openings(desk))
    assert cases == [("", ["X"]), ("B7", ["L0", "L1", "L2"])]


def test_one_matter_under_two_rules_is_one_entry(desk: Desk) -> None:
    """Whichever is found first opens; the other is a note, and rights follow the higher."""
    by_one = [step("C", name, "2026-03-11 09:00:00", "wang") for name in ("accept", "review")]
    both = [step("D", name, "2026-03-11 09:00:00", "zhao") for name in ("accept", "review", "book")]
    night(desk, "2026-03-11", *by_one, *both)
    rules = {entry.case_nos[0]: (entry.rule, entry.severity) for entry in openings(desk)}
    assert rules == {"C": ("accept-review-same", "major"), "D": ("one-person", "critical")}
    entries = entries_of(desk)
    of_case = {entry.opened.case_nos[0]: number for number, entry in entries.items()}
    assert notes(desk, of_case["D"]) == [("part", "accept-review-same", "major")]

    night(desk, "2026-03-12", step("C", "book", "2026-03-12 09:00:00", "wang"))
    assert len(openings(desk)) == 2
    assert notes(desk, of_case["C"]) == [("part", "one-person", "critical")]
    entry = entries_of(desk)[of_case["C"]]
    assert (entry.opened.severity, entry.severity) == ("major", "critical")
    assert len(entry.finding_ids) == 2
    listed = desk.query(
        "SELECT rule, entry FROM ledger_findings JOIN findings USING (finding_id) ORDER BY 1, 2"
    )
    assert listed.count(("one-person", of_case["C"])) == 1


def test_what_is_gone_back_graver_or_unknown_is_noted(desk: Desk) -> None:
    night(desk, "2026-03-10", LATE)
    night(
        desk,
        "2026-03-12",
        step("L1", "pause", "2026-03-05 09:00:00", "li", pause_kind="supplement", reason="补"),
    )
    night(desk, "2026-03-13")
    night(desk, "2026-03-16", step("L1", "resume", "2026-03-05 15:00:00", "li"))
    assert [kind for kind, *_ in notes(desk, ONE) if kind in ("gone", "back")] == ["gone", "back"]
    night(desk, "2026-05-29")
    assert ("severity", "overdue", "critical") in notes(desk, ONE)
    assert entries_of(desk)[ONE].severity == "critical"
    assert found(desk, "overdue") == [ONE]

    # Switched off it says nothing of its findings; its entries stay, marked.
    profile = desk.home / "profiles" / "off.toml"
    profile.parent.mkdir(exist_ok=True)
    off = 'title = "关"\nextends = "ordos-2023"\nrules_off = ["overdue"]\n'
    profile.write_text(off, encoding="utf-8")
    desk.configure("", profile="off")
    run = night(desk, "2026-06-01", step("L1", "withdraw", "2026-03-09 16:00:00", "li"))
    assert run.status == 0, run
    kinds = [kind for kind, rule, _ in notes(desk, ONE) if rule == "overdue"]
    assert kinds[-1] == "not_run"
    assert desk.query("SELECT state, is_gone, is_not_run FROM ledger_entries WHERE rule = 'overdue'") == [
        ("listed", False, True)
    ]
    desk.configure("")
    night(desk, "2026-06-02")
    assert sorted(kind for kind, rule, _ in notes(desk, ONE)[-2:] if rule == "overdue") == ["gone", "runs"]


def test_a_relapse_after_a_strike_off_is_a_new_entry_one_light_higher(desk: Desk) -> None:
    enlist(desk)
    night(desk, "2026-03-03", used("A1", "2026-03-03 09:00:00"), roster=LEFT)
    [entry] = found(desk, "inactive-account")
    # New evidence of the same finding belongs to the open entry.
    night(desk, "2026-03-04", used("A2", "2026-03-04 09:00:00"))
    assert found(desk, "inactive-account") == [entry]
    assert ("evidence", "inactive-account", "critical") in notes(desk, entry)
    strike(desk, entry, ("2026-03-05", "2026-03-06", "2026-03-09", "2026-03-10", "2026-03-11", "2026-03-12"))
    assert entries_of(desk)[entry].now.state == "struck"

    # Older evidence that arrives later is a note.
    night(desk, "2026-03-13", used("A3", "2026-03-05 09:00:00"))
    assert found(desk, "inactive-account") == [entry]
    assert notes(desk, entry)[-1][0] == "evidence"

    night(desk, "2026-03-16", used("A4", "2026-03-16 09:00:00"))
    [_, again] = found(desk, "inactive-account")
    relapse = entries_of(desk)[again]
    assert (relapse.opened.recurs_of, relapse.opened.follows) == (entry, "")
    with opened(desk) as workspace:
        measure = Ledger(workspace).calendars.of(OFFICE)
        row = row_of(relapse, measure, relapse.now.since.date())
    assert row.light == "blue"  # a new one has none
    night(desk, "2026-03-17")
    assert len(found(desk, "inactive-account")) == 2


def test_the_booking_of_a_late_case_after_its_strike_off_is_a_note(desk: Desk) -> None:
    enlist(desk)
    night(desk, "2026-03-10", LATE)
    strike(desk, ONE, ("2026-03-11", "2026-03-12", "2026-03-13", "2026-03-16", "2026-03-17", "2026-03-18"))
    night(
        desk,
        "2026-03-19",
        step("L1", "review", "2026-03-19 09:00:00", "wang", started_at="2026-03-19 08:50:00"),
    )
    night(desk, "2026-03-20", step("L1", "book", "2026-03-20 09:00:00", "zhao"))
    assert found(desk, "overdue") == [ONE]
    assert notes(desk, ONE)[-1][:2] == ("evidence", "overdue")
    # What is the same matter as a final entry has one of its own, which follows.
    [follower] = found(desk, "unexplained-timing")
    assert entries_of(desk)[follower].opened.follows == ONE


def test_unfounded_sticks_to_the_evidence_judged(desk: Desk) -> None:
    enlist(desk)
    night(desk, "2026-03-03", used("A1", "2026-03-03 09:00:00"), roster=LEFT)
    [entry] = found(desk, "inactive-account")
    take(desk, "2026-03-04", "gang", entry, "assign", to="person:P10", kind="by_date")
    take(desk, "2026-03-05", "ke", entry, "answer")
    take(desk, "2026-03-06", "gang", entry, "judge", verdict="unfounded")
    take(desk, "2026-03-06", "zhu", entry, "judge", verdict="unfounded")
    night(desk, "2026-03-09")
    assert found(desk, "inactive-account") == [entry]
    night(desk, "2026-03-10", used("A2", "2026-03-10 09:00:00"))
    [_, new] = found(desk, "inactive-account")
    opening = entries_of(desk)[new].opened
    assert (opening.recurs_of, opening.follows, opening.recurrences) == ("", entry, 0)


def test_a_lasting_state_recurs_only_after_a_night_without_it(desk: Desk) -> None:
    enlist(desk)
    double = LEFT + f"li2,P2,李四,{OFFICE},center,经办,2020-01-01,\r\n"
    night(desk, "2026-03-03", *ordinary_case("1"), roster=double)
    [entry] = found(desk, "multiple-accounts")
    strike(desk, entry, SIX_DAYS)
    night(desk, "2026-03-12")
    assert found(desk, "multiple-accounts") == [entry]
    night(desk, "2026-03-13", roster=LEFT + f"li2,P2,李四,{OFFICE},center,经办,2018-01-01,2019-12-31\r\n")
    assert desk.query("SELECT state FROM findings WHERE rule = 'multiple-accounts'") == [("gone",)]
    night(desk, "2026-03-16", roster=double)
    assert desk.query("SELECT state FROM findings WHERE rule = 'multiple-accounts'") == [("open",)]
    [_, again] = found(desk, "multiple-accounts")
    assert entries_of(desk)[again].opened.recurs_of == entry


def test_what_is_excused_until_a_day_is_followed_after_it(desk: Desk) -> None:
    enlist(desk)
    double = LEFT + f"li2,P2,李四,{OFFICE},center,经办,2020-01-01,\r\n"
    night(desk, "2026-03-03", *ordinary_case("1"), roster=double)
    [entry] = found(desk, "multiple-accounts")
    take(desk, "2026-03-04", "gang", entry, "assign", to="section:登记科", kind="by_date")
    take(desk, "2026-03-05", "ke", entry, "answer")
    for login in ("gang", "zhu"):
        if entries_of(desk)[entry].now.state == "answered":
            take(desk, "2026-03-06", login, entry, "judge", verdict="excused", due=date(2026, 3, 16))
    night(desk, "2026-03-16")
    assert found(desk, "multiple-accounts") == [entry]
    night(desk, "2026-03-17")
    [_, new] = found(desk, "multiple-accounts")
    opening = entries_of(desk)[new].opened
    assert (opening.recurs_of, opening.follows) == ("", entry)
