"""The entries of the ledger as tables of the warehouse, kept from run to run: what happened is folded anew.

Nothing in them depends on the day: lights and limits are dates.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from hashlib import sha256
from typing import Any

import duckdb
import msgspec
import polars as pl

from regaudit import __version__
from regaudit.audit.inputs import Inputs
from regaudit.catalogue.event_types import EntryNoted, EntryOpened
from regaudit.catalogue.events import EventReader, LogEvent
from regaudit.ledger.entries import STREAM, fold_entries
from regaudit.ledger.entry import Entry
from regaudit.ledger.relapses import keys_of
from regaudit.ledger.rows import EntryRow, standing_row
from regaudit.ledger.workdays import Calendars, calendars

_FORMAT = 2
"""Counts up when what is folded into the tables changes."""
_TYPES: dict[Any, Any] = {
    int: pl.Int64,
    bool: pl.Boolean,
    date | None: pl.Date,
    datetime: pl.Datetime("us"),
    datetime | None: pl.Datetime("us"),
    list[str]: pl.List(pl.String),
}
_ROWS = {field.name: _TYPES.get(field.type, pl.String) for field in msgspec.structs.fields(EntryRow)}
TABLES: dict[str, dict[str, Any]] = {
    "entry_rows": _ROWS,
    "entry_findings": {
        **dict.fromkeys(
            ("entry", "seq", "finding_id", "rule", "office", "case_no", "kind", "state"), pl.String
        ),
        "is_final": pl.Boolean,
        "final_at": pl.Datetime("us"),
        "lasts_until": pl.Date,
        **dict.fromkeys(("severity", "last_severity"), pl.String),
        "log_position": pl.Int64,
        **dict.fromkeys(("is_gone", "is_not_run"), pl.Boolean),
    },
    "entry_evidence": {"entry": pl.String, "position": pl.Int64},
    "entry_keys": {
        **dict.fromkeys(("entry", "rule", "answers"), pl.String),
        **dict.fromkeys(("opened_on", "struck_on"), pl.Date),
    },
    "entry_states": {
        **dict.fromkeys(("entry", "state"), pl.String),
        **dict.fromkeys(("from_at", "until_at"), pl.Datetime("us")),
        "days": pl.Int64,
    },
}
"""The columns of each table; every one has the entry's number in `entry`."""
_EVENTS = "SELECT originator_id, originator_version, topic, state FROM staging.entry_records WHERE "


class EntryTables:
    """The tables in a warehouse that has read the log up to some position."""

    def __init__(self, db: duckdb.DuckDBPyConnection, inputs: Inputs) -> None:
        """Counted by the calendar and the terms of these inputs: under others all of them are made anew."""
        self._db = db
        terms = inputs.profile.ledger
        self._calendars: Calendars = calendars(inputs.settings, inputs.national, terms)
        contents = inputs.contents()
        facts = (_FORMAT, __version__, contents["local_sha256"], contents["calendar_sha256"])
        self._counted_by = sha256(repr((*facts, msgspec.json.encode(terms))).encode()).hexdigest()

    def follow(self, position: int) -> None:
        """Fold what the log has of entries up to a position, which the warehouse has read it to.

        Raises:
            LogError: an event of an entry is damaged.
        """
        db = self._db
        db.execute("CREATE TABLE IF NOT EXISTS results.entry_progress (position BIGINT, counted_by VARCHAR)")
        kept = db.execute("FROM results.entry_progress").fetchall()
        after = kept[0][0] if kept and kept[0][1] == self._counted_by else 0
        if not after:
            for name, schema in TABLES.items():
                create(db, name, pl.DataFrame(schema=schema))
            of_touched = f"position <= {position}"
        else:
            touched = f"SELECT originator_id FROM staging.entry_records WHERE position > {after}"
            of_touched = f"position <= {position} AND originator_id IN ({touched})"
        read = EventReader()
        rows = db.execute(f"{_EVENTS} {of_touched} ORDER BY position").fetchall()
        self._put(fold_entries(read(*row) for row in rows), is_whole=not after)
        db.execute("DELETE FROM results.entry_progress")
        db.execute("INSERT INTO results.entry_progress VALUES (?, ?)", [position, self._counted_by])

    def add(self, own: Sequence[LogEvent]) -> None:
        """Fold what a run adds itself, with versions that follow those read; the next run folds it again."""
        events = [event for event in own if isinstance(event, EntryOpened | EntryNoted)]
        create(self._db, "entry_events", _own_events(events))
        if not events:
            return
        streams = sorted({event.originator_id for event in events})
        read = EventReader()
        rows = self._db.execute(
            f"{_EVENTS} originator_id IN (SELECT unnest($streams)) ORDER BY position",
            {"streams": streams},
        ).fetchall()
        self._put(fold_entries([*(read(*row) for row in rows), *events]), is_whole=False)

    def _put(self, entries: Mapping[str, Entry], *, is_whole: bool) -> None:
        """Put entries into the tables, in the place of what these had of them."""
        ordered = [entries[number] for number in sorted(entries)]
        found: dict[str, list[Any]] = {name: [] for name in TABLES}
        for entry in ordered:
            measure = self._calendars.of(entry.opened.office)
            found["entry_rows"].append(msgspec.structs.astuple(standing_row(entry, measure)))
            found["entry_findings"] += _findings(entry)
            positions = {row.position for row in entry.opened.evidence}
            positions |= {row.position for note in entry.notes for row in note.evidence}
            found["entry_evidence"] += [(entry.number, position) for position in positions]
            found["entry_keys"] += _keys(entry)
            found["entry_states"] += _spans(entry, self._calendars)
        if not ordered:
            return
        self._db.register("folded", pl.DataFrame({"entry": sorted(entries)}).to_arrow())
        for name, rows in found.items():
            if not is_whole:
                self._db.execute(f"DELETE FROM results.{name} WHERE entry IN (SELECT entry FROM folded)")
            self._db.register("frame", pl.DataFrame(rows, schema=TABLES[name], orient="row").to_arrow())
            self._db.execute(f"INSERT INTO results.{name} FROM frame")
            self._db.unregister("frame")
        self._db.unregister("folded")


def create(db: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame) -> None:
    """Make `results.<name>` from a frame."""
    db.register("frame", frame.to_arrow())
    db.execute(f"CREATE OR REPLACE TABLE results.{name} AS FROM frame")
    db.unregister("frame")


def _findings(entry: Entry) -> Iterator[tuple[Any, ...]]:
    """An entry's findings, each with what nights noted of it last."""
    opened, now, is_final = entry.opened, entry.now, entry.is_final
    rules, severities = dict.fromkeys(opened.finding_ids, opened.rule), dict[str, str]()
    cases = dict(zip(opened.finding_ids, opened.case_nos, strict=False))
    gone: set[str] = set()
    for note in entry.notes:
        if note.kind == "part":
            rules[note.finding_id] = note.rule
        if note.kind == "gone":
            gone.add(note.finding_id)
        elif note.kind == "back":
            gone.discard(note.finding_id)
        if note.severity:
            severities[note.finding_id] = note.severity
    ends = (now.since if is_final else None, now.lasts_until, entry.severity)
    for finding, rule in rules.items():
        case = cases.get(finding) or next(iter(opened.case_nos), None)
        fixed = (opened.office, case, opened.kind, now.state, is_final)
        told = (severities.get(finding, opened.severity), opened.log_position)
        seq = f"{opened.at}/{entry.number}"
        yield (entry.number, seq, finding, rule, *fixed, *ends, *told, finding in gone, entry.is_not_run)


def _keys(entry: Entry) -> Iterator[tuple[Any, ...]]:
    """By whom an entry counts among relapses, and when it was opened and struck off."""
    opened = entry.opened
    if entry.now.state in ("voided", "referred") or opened.kind == "history":
        return
    struck = entry.now.since.date() if entry.now.state == "struck" else None
    for rule, key in keys_of(opened):
        yield entry.number, rule, key, datetime.fromisoformat(opened.at).date(), struck


def _spans(entry: Entry, measure: Calendars) -> Iterator[tuple[Any, ...]]:
    """How long an entry was in each state: from, until (None: still), working days."""
    days = measure.of(entry.opened.office).days
    for turn, following in zip(entry.turns, [*entry.turns[1:], None], strict=True):
        until = following.at if following else None
        number = days.between(turn.at.date(), until.date()) if until else None
        yield entry.number, turn.state, turn.at, until, number


_OWN: dict[str, Any] = {
    **dict.fromkeys(("entry", "change", "step", "kind", "login", "person", "role", "door"), pl.String),
    **dict.fromkeys(("severity", "finding_id", "text"), pl.String),
    **dict.fromkeys(("decided_at", "recorded_at"), pl.Datetime("us")),
    "version": pl.Int64,
    **dict.fromkeys(("is_late", "is_typed_later", "is_pending"), pl.Boolean),
}


def _own_events(events: Iterable[EntryOpened | EntryNoted]) -> pl.DataFrame:
    rows = []
    for event in events:
        is_opening = isinstance(event, EntryOpened)
        rows.append({
            "entry": event.originator_id.removeprefix(STREAM),
            "version": event.originator_version,
            "change": "opened" if is_opening else "noted",
            "step": "open" if is_opening else "note",
            "kind": event.kind,
            "decided_at": datetime.fromisoformat(event.at),
            "recorded_at": datetime.fromisoformat(event.recorded_at),
            "door": event.door if isinstance(event, EntryOpened) else None,
            "severity": event.severity or None,
            "finding_id": None if isinstance(event, EntryOpened) else event.finding_id,
            "text": event.summary if isinstance(event, EntryOpened) else event.text,
            "is_late": False,
            "is_typed_later": False,
            "is_pending": False,
        })  # fmt: skip
    return pl.DataFrame(rows, schema=_OWN, orient="row")
