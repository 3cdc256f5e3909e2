"""People at a workspace's ledger: users are added and steps taken by the service, at set times."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from conftest import Desk

from regaudit.audit.workspace import Workspace
from regaudit.base.clock import Clock
from regaudit.catalogue.event_types import EntryOpened, EntryStepped, RoleGranted, UserAdded
from regaudit.catalogue.events import LogEvent
from regaudit.ledger.entries import read_entries
from regaudit.ledger.entry import Entry
from regaudit.ledger.request import Author, Request
from regaudit.ledger.service import Ledger
from regaudit.operation.open import open_workspace

OFFICE = "150602"
STAFF = {
    "ke": ("P10", "head"),
    "gang": ("P20", "post"),
    "gang2": ("P21", "post"),
    "gang3": ("P22", "post"),
    "zhu": ("P30", "leader"),
    "zhu2": ("P31", "leader"),
    "shang": ("P40", "superior"),
}
"""A fully staffed office: login, natural person, role."""
PUBLISHED = ("ledger_entries", "ledger_events", "ledger_states", "ledger_findings", "recurrences")


def clock_at(at: datetime) -> Clock:
    """A clock that stands, by the wall clock of the workspace's zone."""
    return lambda: (at - timedelta(hours=8)).replace(tzinfo=UTC)


def moment(at: str) -> datetime:
    """A time, or nine o'clock of a day."""
    return datetime.fromisoformat(at if "T" in at or " " in at else f"{at}T09:00:00")


@contextmanager
def opened(desk: Desk, at: str = "2026-03-01") -> Iterator[Workspace]:
    """The workspace as a step opens it."""
    with open_workspace(desk.home, "ledger", clock=clock_at(moment(at)), locks=()) as workspace:
        yield workspace


def enlist(desk: Desk, users: Mapping[str, tuple[str, str]] = STAFF, office: str = OFFICE) -> None:
    """Add users, each with a role at an office."""
    by: dict[str, Any] = {"by": "sec", "system_user": "t", "machine": "m", "at": "2026-03-01T09:00:00"}
    with opened(desk) as workspace:
        events: list[LogEvent] = []
        for login, (person, role) in users.items():
            versions = count(1)
            stream = f"user:{login}"
            events += [
                UserAdded(stream, next(versions), login=login, person_id=person, **by),
                RoleGranted(stream, next(versions), login=login, role=role, office=office, **by),
            ]
        workspace.log.append_all(events)


def take(desk: Desk, at: str, login: str, entries: str | Sequence[str], step: str, **words: Any) -> None:
    """Take a step on one entry or several, at a day's nine o'clock or a time."""
    numbers = [entries] if isinstance(entries, str) else entries
    with opened(desk, at) as workspace:
        request = Request(step=step, **{"text": "说明", **words})
        author = Author(login=login, door="command", system_user="t", machine="m")
        Ledger(workspace).take(dict.fromkeys(numbers, request), author)


def entries_of(desk: Desk) -> dict[str, Entry]:
    """All entries as the log has them."""
    with opened(desk) as workspace:
        return read_entries(workspace.log)


def strike(desk: Desk, entry: str, days: Sequence[str], person: str = "person:P10") -> None:
    """Take an entry all the way to its strike-off, on six days; a critical one is judged by two."""
    upheld = {"verdict": "upheld"}
    take(desk, days[0], "gang", entry, "assign", to=person, kind="by_date")
    take(desk, days[1], "ke", entry, "answer")
    take(desk, days[2], "gang", entry, "judge", **upheld)
    if entries_of(desk)[entry].now.state == "answered":
        take(desk, days[2], "zhu", entry, "judge", **upheld)
    take(desk, days[3], "gang", entry, "demand")
    take(desk, days[4], "ke", entry, "report")
    take(desk, days[5], "gang", entry, "review", verdict="pass")
    is_minor = entries_of(desk)[entry].severity in ("info", "minor")
    take(desk, days[5], "gang2" if is_minor else "zhu2", entry, "strike")


def tables(desk: Desk) -> dict[str, list[tuple[Any, ...]]]:
    """The published tables of the ledger."""
    return {name: desk.query(f"FROM {name} ORDER BY ALL") for name in PUBLISHED}


def openings(desk: Desk) -> list[EntryOpened]:
    """What was opened, in order."""
    return [entry.opened for entry in entries_of(desk).values()]


def notes(desk: Desk, entry: str) -> list[tuple[str, str, str]]:
    """Kind, rule and severity of what nights noted of an entry."""
    return [(note.kind, note.rule, note.severity) for note in entries_of(desk)[entry].notes]


def steps(desk: Desk, entry: str) -> list[EntryStepped]:
    """The steps of an entry, corrected ones too."""
    return [event for event in entries_of(desk)[entry].history if isinstance(event, EntryStepped)]


def day(text: str) -> date:
    return date.fromisoformat(text)
