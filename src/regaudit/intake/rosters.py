"""A roster in the log: the entries of the latest import that brought any are in force."""

from collections.abc import Iterable
from typing import Any

import polars as pl

from regaudit.catalogue import LogEvent, event_class
from regaudit.eventlog.log import EventLog
from regaudit.sources.tables import ROW_NO
from regaudit.sources.vocabulary import ROSTER_COLUMNS

_NO_ROWS = pl.DataFrame(schema={ROW_NO: pl.Int64, **dict.fromkeys(ROSTER_COLUMNS, pl.String)})


def all_rows(pages: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """The rows of a whole roster; rosters are small."""
    return pl.concat([_NO_ROWS, *(page.select(_NO_ROWS.columns) for page in pages)])


def entry_events(log: EventLog, rows: pl.DataFrame, import_no: int) -> list[LogEvent]:
    """An event for each entry, or none where the roster in force says the same."""
    unique = rows.unique(subset=list(ROSTER_COLUMNS), keep="first", maintain_order=True)
    entries = [
        (row[ROW_NO], {name: row[name] for name in ROSTER_COLUMNS if row[name] is not None})
        for row in unique.iter_rows(named=True)
    ]
    if _as_set(entry for _, entry in entries) == _as_set(_in_force(log)):
        return []
    make = event_class("roster-entry-recorded")
    return [
        make(f"roster:{import_no}", n, entry=entry, import_no=import_no, row_no=row_no)
        for n, (row_no, entry) in enumerate(entries, start=1)
    ]


def _in_force(log: EventLog) -> list[dict[str, Any]]:
    latest = max(
        (
            event.originator_version
            for event in log.events("imports")
            if vars(event)["kind"] == "roster" and vars(event)["appended"]
        ),
        default=0,
    )
    return [vars(event)["entry"] for event in log.events(f"roster:{latest}")]


def _as_set(entries: Iterable[dict[str, Any]]) -> set[frozenset[tuple[str, Any]]]:
    return {frozenset(entry.items()) for entry in entries}
