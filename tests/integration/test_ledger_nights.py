"""Nights and steps one after another: history, withdrawn nights, rebuilding, numbers, damage."""

import shutil
from datetime import date, timedelta
from random import Random
from typing import Any

import duckdb
import pytest
from conftest import Desk, ordinary_case, step
from ledger_staff import OFFICE, enlist, entries_of, opened, openings, strike, tables, take

from regaudit.ledger.rights import RefusedStepError

pytestmark = pytest.mark.long

LATE = step("L1", "accept", "2026-03-02 09:00:00", "li", registration_type="200")
ONE, TWO = f"{OFFICE}-2026-0001", f"{OFFICE}-2026-0002"


def night(desk: Desk, as_of: str, *rows: dict[str, str]) -> None:
    files = [desk.export(f"exports/{as_of}.csv", rows)] if rows else []
    run = desk.run("nightly", *files, "--as-of", as_of)
    assert run.status in (0, 3), run


def by_one(case_no: str, day: str, office: str = OFFICE) -> list[dict[str, str]]:
    """A case that one person received, reviewed and booked."""
    return [
        step(case_no, name, f"{day} 10:00:00", "wang", office=office) for name in ("accept", "review", "book")
    ]


def test_five_years_of_history_do_not_flood_the_ledger(desk: Desk) -> None:
    rows = []
    for number in range(60):
        day = date(2021, 3, 1) + timedelta(days=30 * number)
        rows += by_one(f"H{number}", day.isoformat(), ("150602", "150603")[number % 2])
    young = by_one("Y1", "2026-03-20") + by_one("Y2", "2026-03-23", "150603")
    night(desk, "2026-03-31", *rows, *young)
    made = openings(desk)
    together = [entry for entry in made if entry.kind == "history"]
    rules = {entry.rule for entry in made}
    keys = [(entry.rule, entry.office) for entry in together]
    assert len(keys) == len(set(keys)) <= 2 * len(rules)
    listed = {finding for entry in together for finding in entry.finding_ids}
    assert len(listed) > 50
    assert "，发生于 2021-03-01 至 2025-12-05。" in "".join(entry.summary for entry in together)
    singles = [entry for entry in made if entry.kind == "finding"]
    assert {case for entry in singles for case in entry.case_nos} == {"Y1", "Y2"}
    [[old]] = desk.query(
        "SELECT count(*) FROM findings WHERE rule = 'one-person' AND occurred_at < '2026-03-01'"
    )
    assert old == sum(len(entry.finding_ids) for entry in together if entry.rule == "one-person")

    # Another profile, an office that is new, and a night without news open nothing by the dozen.
    profile = desk.home / "profiles" / "own.toml"
    profile.parent.mkdir(exist_ok=True)
    own = 'title = "本地"\nextends = "ordos-2023"\n[params.too-fast]\nmin_minutes = 20\n'
    profile.write_text(own, encoding="utf-8")
    desk.configure("", profile="own")
    before = len(made)
    night(desk, "2026-04-01")
    assert len(openings(desk)) == before
    new_office = [row for n in range(12) for row in by_one(f"N{n}", f"2025-0{1 + n % 9}-05", "150604")]
    night(desk, "2026-04-02", *new_office)
    later = openings(desk)[before:]
    assert {entry.kind for entry in later} == {"history"}
    assert {entry.office for entry in later} == {"150604"}
    # What comes late of an office that is known is no history.
    night(desk, "2026-04-03", *by_one("Z1", "2025-06-05"))
    assert {"Z1"} == {case for entry in openings(desk)[before + len(later) :] for case in entry.case_nos}


def test_a_night_that_people_have_touched_is_not_withdrawn(desk: Desk) -> None:
    enlist(desk)
    night(desk, "2026-03-10", LATE)
    night(desk, "2026-03-11", *by_one("C", "2026-03-11"))
    touched = [number for number, entry in entries_of(desk).items() if entry.opened.case_nos == ["C"]]
    withdraw = ("withdraw-night", "2026-03-11", "--reason", "写错", "--by")
    assert desk.run(*withdraw, "ke").status == 1
    take(desk, "2026-03-12", "gang", touched[0], "assign", to="person:P10", kind="by_date")
    refused = desk.run(*withdraw, "gang")
    assert refused.status == 1
    assert touched[0] in refused.text
    take(desk, "2026-03-12", "zhu", touched[0], "correct")
    assert desk.run(*withdraw, "gang").status == 1

    night(desk, "2026-03-12", *by_one("D", "2026-03-12"))
    new = [number for number, entry in entries_of(desk).items() if entry.opened.case_nos == ["D"]]
    desk.ok("withdraw-night", "2026-03-12", "--reason", "写错", "--by", "gang")
    assert {entries_of(desk)[number].now.state for number in new} == {"voided"}
    night(desk, "2026-03-12")
    again = [entry for number, entry in entries_of(desk).items() if number > max(new)]
    assert [entry.opened.case_nos for entry in again] == [["D"]] * len(new)
    assert {(entry.opened.recurs_of, entry.opened.follows) for entry in again} == {("", "")}
    assert desk.facts("verify")["is_whole"]


def test_what_a_withdrawn_night_noted_counts_no_more(desk: Desk) -> None:
    """A night of a mistyped date finds all of it critical; rights must not follow that."""
    enlist(desk)
    night(desk, "2026-03-10", LATE)
    night(desk, "2026-07-10", step("L1", "charge", "2026-03-11 09:00:00", "li"))
    assert entries_of(desk)[ONE].severity == "critical"
    noted = [note.kind for note in entries_of(desk)[ONE].notes]
    assert "severity" in noted
    desk.ok("withdraw-night", "2026-07-10", "--reason", "日期写错", "--by", "gang")
    entry = entries_of(desk)[ONE]
    assert (entry.severity, entry.notes) == ("major", [])
    assert desk.facts("verify")["damages"] == []
    night(desk, "2026-03-11")
    assert "severity" not in [note.kind for note in entries_of(desk)[ONE].notes]
    assert (
        desk.query(f"SELECT severity, noted_severity FROM ledger_entries WHERE entry = '{ONE}'")[0][0]
        == "major"
    )
    assert desk.facts("verify")["damages"] == []


def test_the_same_night_again_opens_and_notes_nothing_twice(desk: Desk) -> None:
    night(desk, "2026-03-10", LATE)
    night(desk, "2026-03-11", *by_one("C", "2026-03-11"))
    entries = [event for event in desk.events() if event.stream.startswith("entry:")]
    for _ in range(2):
        night(desk, "2026-03-11", *by_one("C", "2026-03-11"))
        assert [event for event in desk.events() if event.stream.startswith("entry:")] == entries
    # Of an earlier date it is no night of the ledger.
    night(desk, "2026-03-09", *by_one("E", "2026-03-06"))
    assert [event for event in desk.events() if event.stream.startswith("entry:")] == entries
    assert len(desk.query("FROM ledger_entries")) == len(entries_of(desk))


def some_night(chance: Random, number: int, day: str) -> list[dict[str, str]]:
    """Some cases of a day, some of which break rules."""
    rows = []
    for each in range(chance.randint(0, 3)):
        rows += by_one(f"S{number}-{each}", day)
    rows += ordinary_case(f"O{number}", day)
    if chance.random() < 0.5:
        rows.append(step(f"W{number}", "accept", f"{day} 09:00:00", "li", registration_type="200"))
    return rows


def some_steps(chance: Random, desk: Desk, day: str) -> None:
    """What people do with some entries on a day."""
    acts: dict[str, tuple[str, str, dict[str, Any]]] = {
        "listed": ("gang", "assign", {"to": "person:P10", "kind": "at_once"}),
        "assigned": ("ke", "answer", {}),
        "answered": ("gang", "judge", {"verdict": "upheld"}),
        "upheld": ("gang", "demand", {}),
        "rectifying": ("ke", "report", {}),
        "rectified": ("gang2", "review", {"verdict": "pass"}),
        "passed": ("zhu", "strike", {}),
    }
    for number, entry in entries_of(desk).items():
        if entry.now.state in acts and chance.random() < 0.7:
            login, name, words = acts[entry.now.state]
            login = "zhu" if entry.now.pending else login
            try:
                take(desk, day, login, number, name, **words)
            except RefusedStepError:
                assert entry.severity == "minor"


@pytest.mark.parametrize(
    "seed", [1, pytest.param(2, marks=pytest.mark.slow), pytest.param(3, marks=pytest.mark.slow)]
)
def test_following_nights_publish_what_a_build_from_nothing_does(desk: Desk, seed: int) -> None:
    chance = Random(seed)  # noqa: S311 - not for secrets
    enlist(desk)
    for number in range(5):
        day = (date(2026, 3, 9) + timedelta(days=number)).isoformat()
        night(desk, day, *some_night(chance, number, day))
        following = (date(2026, 3, 10) + timedelta(days=number)).isoformat()
        some_steps(chance, desk, following)
    desk.ok("check", "--as-of", "2026-03-14")
    followed = tables(desk)
    assert len(followed["ledger_entries"]) > 3
    assert any(row for row in desk.query("SELECT state FROM ledger_entries WHERE state <> 'listed'"))
    shutil.rmtree(desk.home / ".work")
    desk.ok("check", "--as-of", "2026-03-14")
    assert tables(desk) == followed
    assert desk.facts("verify")["damages"] == []


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE ledger_entries SET state = 'listed'",
        "UPDATE ledger_entries SET light = 'none', due_on = NULL, opened_at = opened_at - INTERVAL 1 DAY",
        "DELETE FROM ledger_events WHERE step = 'assign'",
        "UPDATE ledger_states SET days = 99",
        "DELETE FROM ledger_findings",
        "INSERT INTO recurrences BY NAME SELECT 'overdue' AS rule, 'person:P1' AS answers, 7 AS relapses",
    ],
)
def test_verify_sees_an_edited_ledger(desk: Desk, damage: str) -> None:
    enlist(desk)
    night(desk, "2026-03-10", LATE)
    strike(desk, ONE, ("2026-03-11", "2026-03-12", "2026-03-13", "2026-03-16", "2026-03-17", "2026-03-18"))
    night(desk, "2026-03-19")
    assert desk.facts("verify")["damages"] == []
    with duckdb.connect(desk.home / "regaudit.duckdb") as db:
        assert db.execute(damage).fetchall() != [(0,)]
    [told] = desk.facts("verify", status=1)["damages"]
    assert "ledger" in str(told) or "recurrences" in str(told)


def test_numbers_are_never_given_twice(desk: Desk) -> None:
    night(desk, "2026-03-10", LATE)
    backup = desk.home.parent / "backup.sqlite"
    shutil.copy(desk.home / "events.sqlite", backup)
    night(desk, "2026-03-11", *by_one("C", "2026-03-11"))
    given = set(entries_of(desk))
    shutil.copy(backup, desk.home / "events.sqlite")
    for extra in ("-wal", "-shm"):
        (desk.home / f"events.sqlite{extra}").unlink(missing_ok=True)
    desk.ok("verify", "--acknowledge", "从备份恢复")
    night(desk, "2026-03-12", *by_one("D", "2026-03-12"))
    serials = sorted(int(number.rsplit("-", 1)[1]) for number in set(entries_of(desk)) - {ONE})
    highest = max(int(number.rsplit("-", 1)[1]) for number in given)
    assert serials[0] >= highest + 100
    assert serials == list(range(serials[0], serials[0] + len(serials)))
    with opened(desk) as workspace:
        assert workspace.log.version("ledger") == 1
