"""One entry of the ledger in full: what it was opened on, what happened in order, what can be done now."""

from collections.abc import Iterator
from typing import Any

from msgspec import to_builtins
from msgspec.structs import asdict

from regaudit.base.errors import UsageError
from regaudit.base.folded_text import fold
from regaudit.catalogue.event_types import EntryNoted, EntryOpened, EntryStepped
from regaudit.catalogue.events import LogEvent, catalogue
from regaudit.catalogue.ledger_terms import LIMITS
from regaudit.ledger.clocks import clocks_of
from regaudit.ledger.entry import Entry
from regaudit.ledger.rows import EntryRow
from regaudit.ledger.states import NOTES
from regaudit.ledger.steps import STEPS, VOID
from regaudit.ledger.validity import open_steps
from regaudit.outlets.ledger_view import LedgerView

LIMIT_TITLES = {**LIMITS, "report": "整改报告", "review_on": "复查中止"}
_OF_OPENING = (
    *("kind", "rule", "rule_version", "title", "severity", "office", "finding_ids", "case_nos", "batch_no"),
    *("account", "person_id", "source", "occurred_at", "due_on", "summary", "basis", "evidence", "persons"),
    *("recurs_of", "follows", "recurrences", "log_position", "run_no"),
)
_OF_REFERRED = ("version", "event", "title", "at", "recorded_at")
_TITLES = {**{name: step.title for name, step in STEPS.items()}, VOID: "随夜撤销"}


def row_facts(row: EntryRow) -> dict[str, Any]:
    """A row for programs: `state` as it is shown, `state_beneath` what a pending appeal leaves as it is."""
    facts = asdict(row)
    shown = facts.pop("shown_state")
    return facts | {"state": shown, "state_beneath": row.state}


def entry_facts(view: LedgerView, number: str, by: str = "") -> dict[str, Any]:
    """An entry for programs.

    Args:
        view: the ledger.
        number: its number.
        by: the login of whoever looks: `steps` are those open to him; without it, all that its state allows.

    Returns:
        Its row with `facts` (what it was opened on, frozen), `history` (every event in order), `limits`,
        `steps` and `pending`, a judgement that waits for another of the same verdict. Of one that
        was referred only number, state, dates and the titles of its steps.

    Raises:
        UsageError: there is no such entry, or no such user.
    """
    entry = view.entries.get(fold(number))
    if entry is None:
        raise UsageError(f"台账中没有 {number}:编号见 regaudit ledger list")
    user = view.user(by)
    is_open = view.is_open_to(entry, user)
    return row_facts(view.row(entry, user)) | {
        "facts": {name: to_builtins(getattr(entry.opened, name)) for name in _OF_OPENING} if is_open else {},
        "history": list(_history(entry, is_open=is_open)),
        "pending": asdict(entry.now.pending) if entry.now.pending else None,
        "limits": list(_limits(view, entry)),
        "steps": [
            {"step": step.name, "title": step.title, "says": step.says}
            for step in open_steps(entry, user, view.people, view.day)
        ],
    }


def _history(entry: Entry, *, is_open: bool) -> Iterator[dict[str, Any]]:
    """Every event: who, when, in which role, by which door; one that was corrected says so."""
    stands = {step.originator_version for step in entry.steps}
    for event in entry.history:
        facts = {"version": event.originator_version, "event": event.TOPIC, "title": _title(event)}
        facts |= _told(event)
        if isinstance(event, EntryStepped) and event.step != "correct" and facts["version"] not in stands:
            facts["is_corrected"] = True
        yield facts if is_open else {name: facts[name] for name in _OF_REFERRED if name in facts}


def _title(event: LogEvent) -> str:
    if isinstance(event, EntryStepped):
        return _TITLES.get(event.step, event.step)
    if isinstance(event, EntryNoted):
        return NOTES.get(event.kind, event.kind)
    return catalogue()[event.TOPIC].title


def _told(event: LogEvent) -> dict[str, Any]:
    """What an event says; of the opening who did it, for its facts stand apart."""
    facts: dict[str, Any] = to_builtins(event)
    left_out = _OF_OPENING if isinstance(event, EntryOpened) else ()
    return {
        name: value
        for name, value in facts.items()
        if not name.startswith("originator_") and name not in left_out
    }


def _limits(view: LedgerView, entry: Entry) -> Iterator[dict[str, Any]]:
    """The limits that run, the next one first; that of a pending appeal last."""
    found = clocks_of(entry, view.calendars.of(entry.opened.office))
    for clock in (*found.running, *([found.appeal] if found.appeal else [])):
        title = LIMIT_TITLES.get(clock.limit, clock.limit)
        yield asdict(clock) | {"title": title, "light": clock.light(view.day)}
