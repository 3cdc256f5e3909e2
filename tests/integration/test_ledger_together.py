"""Steps of several processes at once, during a night, and of killed ones: no acknowledged step is lost."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from conftest import SRC, Desk, step
from ledger_staff import OFFICE, enlist, entries_of, notes, opened, steps, take
from stores import BOTH_STORES

from regaudit.catalogue.event_types import EntryOpened, EntryStepped, RunCompleted
from regaudit.catalogue.events import LogEvent
from regaudit.ledger.entry import Entry
from regaudit.ledger.night import LedgerNight
from regaudit.ledger.request import Author, Request
from regaudit.ledger.rights import RefusedStepError
from regaudit.ledger.service import Ledger

pytestmark = pytest.mark.long

WORKER = Path(__file__).parents[1] / "ledger_worker.py"
LATE = step("L1", "accept", "2026-03-02 09:00:00", "li", registration_type="200")
ONE = f"{OFFICE}-2026-0001"
KILLS = 6


def work(desk: Desk, seed: int, number: int) -> "subprocess.Popen[str]":
    """Start a process that takes random steps."""
    return subprocess.Popen(
        [sys.executable, str(WORKER), str(desk.home), str(seed), str(number)],
        env=os.environ | {"PYTHONPATH": str(SRC), "PYTHONUTF8": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def told_by(process: "subprocess.Popen[str]", status: int = 0) -> list[list[str]]:
    out, err = process.communicate(timeout=3600)
    assert process.returncode == status, err
    return [line.split("\t") for line in out.splitlines() if line.count("\t") >= 4]


def open_some(desk: Desk, number: int) -> None:
    """Entries without a night."""
    at = datetime(2026, 3, 31, 23, 59, 59).isoformat()
    with opened(desk) as workspace:
        workspace.log.append_all([
            EntryOpened(
                f"entry:{OFFICE}-2026-{serial:04}", 1, at=at, recorded_at=at, kind="finding", rule="overdue",
                rule_version=1, title="超期", severity="major", office=OFFICE, summary="超期", door="night",
            )
            for serial in range(1, number + 1)
        ])  # fmt: skip


def assert_kept(desk: Desk, told: Iterable[list[str]]) -> None:
    """Every step that was acknowledged stands in the log as it was told, and leads to the state told."""
    with opened(desk) as workspace:
        streams: dict[str, list[LogEvent]] = {}
        for _, event in workspace.log.events_of("entry:"):
            streams.setdefault(event.originator_id, []).append(event)
    states: dict[tuple[str, int], tuple[str, str]] = {}
    for stream, events in streams.items():
        number = stream.removeprefix("entry:")
        entry = Entry(number)
        assert [event.originator_version for event in events] == list(range(1, len(events) + 1))
        for event in events:
            entry.apply(event)  # type: ignore[arg-type]
            if isinstance(event, EntryStepped):
                states[number, event.originator_version] = (event.step, entry.shown_state)
    acknowledged = [tuple(line[1:]) for line in told if line[0] == "done"]
    assert len(set(acknowledged)) == len(acknowledged)
    for number, version, name, state in acknowledged:
        assert states[number, int(version)] == (name, state)


@BOTH_STORES
@pytest.mark.parametrize("number", [150, pytest.param(5000, marks=pytest.mark.slow)])
def test_two_processes_step_at_once(desk: Desk, number: int) -> None:
    enlist(desk)
    open_some(desk, 8)
    told = [line for process in [work(desk, seed, number) for seed in (1, 2)] for line in told_by(process)]
    counts = Counter(line[0] for line in told)
    assert counts["done"] + counts["refused"] == 2 * number
    assert counts["done"] > number
    assert_kept(desk, told)
    stored = sum(len(steps(desk, entry)) for entry in entries_of(desk))
    assert stored == counts["done"]
    assert desk.facts("verify", "--log-only")["is_whole"]


def test_one_who_comes_too_late_is_told_what_the_other_did(desk: Desk) -> None:
    enlist(desk)
    open_some(desk, 1)
    request = Request(step="assign", to="section:登记科", kind="by_date")
    with opened(desk, "2026-04-01") as workspace:
        ledger = Ledger(workspace)
        first, second = (
            Author(login=login, door="page", system_user="t", machine="m") for login in ("gang", "gang2")
        )
        ledger.take({ONE: request}, first, seen={ONE: 1})
        with pytest.raises(RefusedStepError, match="gang 于 2026-04-01 09:00:00 交办"):
            ledger.take({ONE: request}, second, seen={ONE: 1})
        assert len(steps(desk, ONE)) == 1


@BOTH_STORES
def test_who_is_killed_loses_no_acknowledged_step(desk: Desk) -> None:
    enlist(desk)
    open_some(desk, 4)
    chance, told = Random(7), list[list[str]]()  # noqa: S311 - not for secrets
    for seed in range(KILLS):
        process = work(desk, 100 + seed, 10_000)
        assert process.stdout
        for _ in range(chance.randint(1, 12)):
            told.append(process.stdout.readline().rstrip("\n").split("\t"))
        process.send_signal(signal.SIGKILL)
        told += told_by(process, -signal.SIGKILL)
    assert_kept(desk, told)
    told += told_by(work(desk, 999, 20))
    assert_kept(desk, told)
    assert desk.facts("verify", "--log-only")["is_whole"]


@BOTH_STORES
def test_a_step_taken_while_a_night_runs_is_neither_lost_nor_overwritten(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step comes after the night has read the entry, before it stores what it notes of it."""
    enlist(desk)
    desk.ok("nightly", desk.export("a.csv", [LATE]), "--as-of", "2026-03-10")
    real = LedgerNight.plan

    def plan(self: LedgerNight, db: Any, run: RunCompleted) -> list[LogEvent]:
        events = real(self, db, run)
        take(desk, "2026-03-12T23:59:59.999999", "gang", ONE, "assign", to="section:登记科", kind="by_date")
        return events

    with monkeypatch.context() as patched:
        patched.setattr(LedgerNight, "plan", plan)
        booked = step("L1", "book", "2026-03-12 09:00:00", "zhao")
        desk.ok("nightly", desk.export("b.csv", [booked]), "--as-of", "2026-03-12")
    entry = entries_of(desk)[ONE]
    kinds = [type(event).__name__ for event in entry.history]
    assert kinds[:2] == ["EntryOpened", "EntryStepped"]
    assert set(kinds[2:]) == {"EntryNoted"}
    assert [event.originator_version for event in entry.history] == list(range(1, len(kinds) + 1))
    assert entry.now.state == "assigned"
    assert desk.facts("verify")["damages"] == []
    noted = notes(desk, ONE)
    # The next night knows of the step, and notes nothing twice.
    desk.ok("nightly", "--as-of", "2026-03-13")
    assert notes(desk, ONE) == noted
    assert desk.query(f"SELECT state FROM ledger_entries WHERE entry = '{ONE}'") == [("assigned",)]
    assert desk.facts("verify")["damages"] == []


@BOTH_STORES
def test_steps_and_nights_in_two_processes(desk: Desk) -> None:
    enlist(desk)
    desk.ok("nightly", desk.export("a.csv", [LATE]), "--as-of", "2026-03-10")
    open_some_more = [LATE | {"case_no": f"M{n}"} for n in range(5)]
    worker = work(desk, 5, 60)
    desk.ok("nightly", desk.export("b.csv", open_some_more), "--as-of", "2026-03-11")
    told = told_by(worker)
    assert_kept(desk, told)
    assert any(line[0] == "done" for line in told)
    assert len(entries_of(desk)) == 6
    desk.ok("nightly", "--as-of", "2026-03-12")
    assert desk.facts("verify")["damages"] == []
