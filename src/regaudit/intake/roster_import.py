"""A roster in the log: the latest that an import began is in force, with the corrections that came to it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from regaudit.catalogue.events import LogEvent, event_class
from regaudit.catalogue.vocabulary import ROSTER_COLUMNS
from regaudit.eventlog.log import EventLog
from regaudit.sources.tables import ROW_NO

_NO_ROWS = pl.DataFrame(schema={ROW_NO: pl.Int64, **dict.fromkeys(ROSTER_COLUMNS, pl.String)})


def all_rows(pages: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """The rows of a whole roster; rosters are small."""
    return pl.concat([_NO_ROWS, *(page.select(_NO_ROWS.columns) for page in pages)])


def entry_events(
    log: EventLog, rows: pl.DataFrame, import_no: int, resubmits: Sequence[Mapping[str, Any]] = ()
) -> list[LogEvent]:
    """An event for each entry, or none where the roster in force says the same.

    Args:
        log: what is known.
        rows: as `all_rows` gives them.
        import_no: the import that brings them.
        resubmits: as in its event. Corrected rows complete the roster that they were rejected of: only those
            that it lacks become events.
    """
    unique = rows.unique(subset=list(ROSTER_COLUMNS), keep="first", maintain_order=True)
    entries = [
        (row[ROW_NO], {name: row[name] for name in ROSTER_COLUMNS if row[name] is not None})
        for row in unique.iter_rows(named=True)
    ]
    rosters = _rosters(log)
    if resubmits:
        known = _as_set(_entries(log, rosters.get(completed(import_no, resubmits), [])))
        entries = [(row_no, entry) for row_no, entry in entries if not _as_set([entry]) <= known]
    elif _as_set(entry for _, entry in entries) == _as_set(
        _entries(log, rosters.get(max(rosters, default=0), []))
    ):
        return []
    make = event_class("roster-entry-recorded")
    return [
        make(f"roster:{import_no}", n, entry=entry, import_no=import_no, row_no=row_no)
        for n, (row_no, entry) in enumerate(entries, start=1)
    ]


def completed(import_no: int, resubmits: Sequence[Mapping[str, Any]]) -> int:
    """The import whose roster the entries of an import belong to: its own, or the one that it corrects."""
    return min((entry["import_no"] for entry in resubmits), default=import_no)


def _rosters(log: EventLog) -> dict[int, list[int]]:
    """The imports that brought entries of a roster, by the import that began it."""
    found: dict[int, list[int]] = {}
    for event in log.events("imports"):
        state = vars(event)
        if state["kind"] == "roster" and state["appended"]:
            began = completed(event.originator_version, state.get("resubmits") or [])
            found.setdefault(began, []).append(event.originator_version)
    return found


def _entries(log: EventLog, import_nos: Iterable[int]) -> list[dict[str, Any]]:
    return [vars(event)["entry"] for number in import_nos for event in log.events(f"roster:{number}")]


def _as_set(entries: Iterable[dict[str, Any]]) -> set[frozenset[tuple[str, Any]]]:
    return {frozenset(entry.items()) for entry in entries}
