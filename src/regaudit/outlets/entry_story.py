"""One entry of the ledger in full: what it was opened on, what happened in order, what can be done now."""

from collections.abc import Iterator
from typing import Any

from msgspec import to_builtins
from msgspec.structs import asdict

from regaudit.base.errors import UsageError
from regaudit.base.folded_text import fold
from regaudit.catalogue.event_types import EntryNoted, EntryOpened, EntryStepped
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
_OF_ALL = ("at", "recorded_at")
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
        Its row with `facts` (what it was opened on, frozen), `history` (every event in order), `limits` and
        `steps`. Of one that was referred only number, state and dates, and what it was moved by.

    Raises:
        UsageError: there is no such entry, or no such user.
    """
    entry = view.entries.get(fold(number))
    if entry is None:
        raise UsageError(f"台账中没有 {number}:编号见 regaudit ledger list")
    user = view.people.get(by) if by else None
    if by and user is None:
        raise UsageError(f"没有用户 {by}:请由安全管理员用 regaudit user add 添加")
    is_open = view.is_open_to(entry, user)
    return row_facts(view.row(entry, user)) | {
        "facts": {name: to_builtins(getattr(entry.opened, name)) for name in _OF_OPENING} if is_open else {},
        "history": list(_history(entry, is_open=is_open)),
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
        facts: dict[str, Any] = {"version": event.originator_version, "event": event.TOPIC}
        if isinstance(event, EntryStepped):
            facts |= {"title": _TITLES.get(event.step, event.step)} | _plain(event)
            if event.step != "correct" and event.originator_version not in stands:
                facts["is_corrected"] = True
        elif isinstance(event, EntryNoted):
            facts |= {"title": NOTES.get(event.kind, event.kind)} | _plain(event)
        elif isinstance(event, EntryOpened):
            names = ("at", "recorded_at", "by", "person", "role", "door", "system_user", "machine")
            facts |= {"title": "挂账"} | {name: getattr(event, name) for name in names}
        if not is_open:
            facts = {name: facts[name] for name in ("version", "event", "title", *_OF_ALL)}
        yield facts


def _plain(event: EntryStepped | EntryNoted) -> dict[str, Any]:
    facts: dict[str, Any] = to_builtins(event)
    return {name: value for name, value in facts.items() if not name.startswith("originator_")}


def _limits(view: LedgerView, entry: Entry) -> Iterator[dict[str, Any]]:
    """The limits that run, the next one first; that of a pending appeal last."""
    found = clocks_of(entry, view.calendars.of(entry.opened.office))
    for clock in (*found.running, *([found.appeal] if found.appeal else [])):
        title = LIMIT_TITLES.get(clock.limit, clock.limit)
        yield asdict(clock) | {"title": title, "light": clock.light(view.day)}
