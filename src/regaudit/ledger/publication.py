"""The ledger as tables of the analyst database, at the end of a run."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import duckdb
import msgspec
import polars as pl

from regaudit.audit.results import make_result
from regaudit.catalogue.event_types import EntryNoted, EntryOpened, EntryStepped
from regaudit.catalogue.events import EventReader, LogEvent
from regaudit.ledger.entries import STREAM, fold_entries
from regaudit.ledger.entry import Entry
from regaudit.ledger.known import create
from regaudit.ledger.relapses import keys_of
from regaudit.ledger.rows import EntryRow, row_of
from regaudit.ledger.workdays import Calendars

_MIRRORED = """
SELECT originator_id, originator_version, topic, state FROM log.events
WHERE topic IN ('entry-opened', 'entry-noted', 'entry-stepped') ORDER BY position
"""
_TYPES: dict[Any, Any] = {
    int: pl.Int64,
    bool: pl.Boolean,
    date | None: pl.Date,
    datetime: pl.Datetime("us"),
    list[str]: pl.List(pl.String),
}
_EVENTS: dict[str, Any] = {
    **dict.fromkeys(("entry", "change", "step", "kind", "login", "person", "role", "door"), pl.String),
    **dict.fromkeys(("severity", "finding_id", "text"), pl.String),
    **dict.fromkeys(("decided_at", "recorded_at"), pl.Datetime("us")),
    "version": pl.Int64,
    **dict.fromkeys(("is_late", "is_typed_later", "is_pending"), pl.Boolean),
}
_SPANS: dict[str, Any] = {
    "entry": pl.String,
    "state": pl.String,
    "from_at": pl.Datetime("us"),
    "until_at": pl.Datetime("us"),
    "days": pl.Int64,
}
_KEYS: dict[str, Any] = {
    "entry": pl.String,
    "rule": pl.String,
    "answers": pl.String,
    "opened_on": pl.Date,
    "struck_on": pl.Date,
}


def mirrored_entries(db: duckdb.DuckDBPyConnection) -> dict[str, Entry]:
    """All entries by number, as far as a run has read the log."""
    read = EventReader()
    return fold_entries(read(*row) for row in db.execute(_MIRRORED).fetchall())


def list_ledger(
    db: duckdb.DuckDBPyConnection,
    entries: Mapping[str, Entry],
    own: Sequence[LogEvent],
    calendars: Calendars,
    night: date,
    *,
    with_texts: bool,
) -> list[EntryRow]:
    """Make the tables of the ledger from the entries as a run has read them, and what it adds itself.

    `results.ledger_entries` are the entries on the night, `ledger_events` what happened to them,
    `ledger_states` how long they were in each state, `ledger_findings` which findings they are about,
    `recurrences` who relapsed.

    Args:
        db: the warehouse.
        entries: as the run has read them; they are given the run's own events.
        own: the run's openings and notes, with versions that follow those read.
        calendars: what limits are counted by.
        night: the date of which the lights are.
        with_texts: whether what people wrote is published.

    Returns:
        The rows, by number.
    """
    grown = dict(entries)
    for event in own:
        if isinstance(event, EntryOpened | EntryNoted | EntryStepped):
            number = event.originator_id.removeprefix(STREAM)
            grown.setdefault(number, Entry(number)).apply(event)
    ordered = [grown[number] for number in sorted(grown)]
    rows = [row_of(entry, calendars.of(entry.opened.office), night) for entry in ordered]
    create(db, "entry_rows", _frame(rows))
    create(db, "entry_events", _own_events(own))
    spans = [span for entry in ordered for span in _spans(entry, calendars)]
    create(db, "ledger_states", pl.DataFrame(spans, schema=_SPANS, orient="row"))
    create(db, "entry_keys", pl.DataFrame(_keys(ordered), schema=_KEYS, orient="row"))
    found = [
        (entry.number, finding)
        for entry in ordered
        if entry.now.state != "referred"
        for finding in entry.finding_ids
    ]
    schema = {"entry": pl.String, "finding_id": pl.String}
    create(db, "ledger_findings", pl.DataFrame(found, schema=schema, orient="row"))
    make_result(db, "ledger_entries")
    make_result(db, "ledger_events", {"with_texts": with_texts})
    make_result(db, "recurrences")
    return rows


def _frame(rows: Sequence[EntryRow]) -> pl.DataFrame:
    schema = {field.name: _TYPES.get(field.type, pl.String) for field in msgspec.structs.fields(EntryRow)}
    return pl.DataFrame([msgspec.structs.astuple(row) for row in rows], schema=schema, orient="row")


def _own_events(own: Iterable[LogEvent]) -> pl.DataFrame:
    rows = []
    for event in own:
        if isinstance(event, EntryOpened | EntryNoted):
            is_opening = isinstance(event, EntryOpened)
            rows.append({
                "entry": event.originator_id.removeprefix(STREAM),
                "version": event.originator_version,
                "change": "opened" if is_opening else "noted",
                "step": "open" if is_opening else "note",
                "kind": event.kind,
                "decided_at": datetime.fromisoformat(event.at),
                "recorded_at": datetime.fromisoformat(event.recorded_at),
                "login": getattr(event, "by", "") or None,
                "person": getattr(event, "person", "") or None,
                "role": getattr(event, "role", "") or None,
                "door": getattr(event, "door", "") or None,
                "severity": event.severity or None,
                "finding_id": getattr(event, "finding_id", "") or None,
                "text": event.summary if isinstance(event, EntryOpened) else event.text,
                "is_late": False,
                "is_typed_later": False,
                "is_pending": False,
            })  # fmt: skip
    return pl.DataFrame(rows, schema=_EVENTS, orient="row")


def _spans(entry: Entry, calendars: Calendars) -> Iterable[tuple[Any, ...]]:
    """How long an entry was in each state: from, until (None: still), working days."""
    days = calendars.of(entry.opened.office).days
    turns = [*entry.turns, None]
    for (state, since), following in zip(entry.turns, turns[1:], strict=True):
        until = following[1] if following else None
        number = days.between(since.date(), until.date()) if until else None
        yield entry.number, state, since, until, number


def _keys(entries: Iterable[Entry]) -> list[tuple[Any, ...]]:
    found = []
    for entry in entries:
        opened = entry.opened
        if entry.now.state in ("voided", "referred") or opened.kind == "history":
            continue
        struck = entry.now.since.date() if entry.now.state == "struck" else None
        day = datetime.fromisoformat(opened.at).date()
        found += [(entry.number, rule, key, day, struck) for rule, key in keys_of(opened)]
    return found
