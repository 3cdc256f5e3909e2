"""How an entry stands on a day, and how it comes into the bridge of a period and goes out of it."""

from datetime import date
from typing import Any

import pytest

from regaudit.base.periods import parse_period
from regaudit.catalogue.event_types import EntryOpened, EntryStepped
from regaudit.ledger.entry import Entry
from regaudit.outlets.reports.bridge import BridgeRow, bridge_of, entry_on, stands_of

MARCH = parse_period("month", "2026-03")


def opened(at: str, **facts: Any) -> EntryOpened:
    told = {"kind": "finding", "rule": "overdue", "title": "超期", "severity": "major", "office": "150602"}
    fixed: dict[str, Any] = {"rule_version": 1, "recorded_at": at, "summary": "s", "door": "night"}
    return EntryOpened("entry:150602-2026-0001", 1, at=at, **{**told, **fixed, **facts})


def stepped(version: int, at: str, step: str, **facts: Any) -> EntryStepped:
    fixed: dict[str, Any] = {
        "recorded_at": "2026-04-20T09:00:00",
        "by": "gang",
        "person": "P20",
        "role": "post",
        "door": "command",
        "system_user": "t",
        "machine": "m",
        "seen_version": version - 1,
    }
    return EntryStepped("entry:150602-2026-0001", version, step=step, at=at, **{**fixed, **facts})


def entry(*events: Any) -> Entry:
    return Entry("150602-2026-0001", events)


def total(*events: Any) -> dict[str, int]:
    """What the last line of the bridge of March says of one entry, without what is nothing."""
    row: BridgeRow = bridge_of(stands_of([entry(*events)], MARCH))[-1]
    assert row.is_closed
    return {name: count for name, count in row.counts.items() if count}


def test_a_night_after_midnight_opens_on_the_day_before() -> None:
    assert total(opened("2026-03-01T00:40:00")) == {"opening": 1, "closing": 1}
    assert total(opened("2026-03-01T23:00:00")) == {"new": 1, "closing": 1}
    # Somebody who opens one by hand does so on the day that it is.
    assert total(opened("2026-03-01T00:40:00", door="page")) == {"new": 1, "closing": 1}
    assert total(opened("2026-04-01T00:40:00")) == {"new": 1, "closing": 1}
    assert total(opened("2026-04-01T23:00:00")) == {}


def test_the_day_of_the_decision_counts_whenever_it_was_typed() -> None:
    judged = [
        stepped(2, "2026-03-30T09:00:00", "assign", to="person:P1", kind="by_date"),
        stepped(3, "2026-03-31T09:00:00", "judge", verdict="unfounded"),
    ]
    assert total(opened("2026-02-03T23:00:00"), *judged) == {"opening": 1, "unfounded": 1}


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("2026-03-20T09:00:00", {"opening": 1, "closing": 1}),
        ("2026-04-02T09:00:00", {"opening": 1, "unfounded": 1}),
    ],
)
def test_what_was_corrected_within_the_period_never_was(at: str, told: dict[str, int]) -> None:
    events = (
        stepped(2, "2026-03-10T09:00:00", "assign", to="person:P1", kind="by_date"),
        stepped(3, "2026-03-11T09:00:00", "judge", verdict="unfounded"),
        stepped(4, at, "correct"),
    )
    assert total(opened("2026-02-03T23:00:00"), *events) == told


def test_what_was_final_and_is_corrected_comes_back() -> None:
    events = (
        stepped(2, "2026-02-10T09:00:00", "assign", to="person:P1", kind="by_date"),
        stepped(3, "2026-02-11T09:00:00", "judge", verdict="excused"),
        stepped(4, "2026-03-05T09:00:00", "correct"),
    )
    assert total(opened("2026-02-03T23:00:00"), *events) == {"reopened": 1, "closing": 1}


@pytest.mark.parametrize(
    ("facts", "how"), [({"recurs_of": "x"}, "recurred"), ({"follows": "x"}, "followed"), ({}, "new")]
)
def test_an_entry_is_new_recurs_or_follows(facts: dict[str, str], how: str) -> None:
    assert total(opened("2026-03-03T23:00:00", **facts)) == {how: 1, "closing": 1}


def test_one_that_is_opened_and_withdrawn_with_its_night_comes_and_goes() -> None:
    void = stepped(2, "2026-03-04T09:00:00", "void")
    assert total(opened("2026-03-03T23:00:00"), void) == {"new": 1, "voided": 1}


def test_an_appeal_of_what_was_struck_changes_nothing_that_is_open() -> None:
    states = [
        stepped(2, "2026-02-04T09:00:00", "assign", to="person:P1", kind="by_date"),
        stepped(3, "2026-02-05T09:00:00", "judge", verdict="upheld"),
        stepped(4, "2026-02-06T09:00:00", "demand"),
        stepped(5, "2026-02-07T09:00:00", "report"),
        stepped(6, "2026-02-08T09:00:00", "review", verdict="pass"),
        stepped(7, "2026-02-09T09:00:00", "strike"),
        stepped(8, "2026-02-10T09:00:00", "appeal"),
        stepped(9, "2026-03-10T09:00:00", "decide", verdict="quashed"),
    ]
    assert total(opened("2026-02-03T23:00:00"), *states) == {}


def test_an_entry_is_not_there_before_it_was_opened() -> None:
    one = entry(opened("2026-03-03T23:00:00"), stepped(2, "2026-03-09T09:00:00", "assign", to="person:P1"))
    assert entry_on(one, date(2026, 3, 2)) is None
    before = entry_on(one, date(2026, 3, 8))
    assert before is not None
    assert before.now.state == "listed"
    assert entry_on(one, date(2026, 3, 9)) is one
