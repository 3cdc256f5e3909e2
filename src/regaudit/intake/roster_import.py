"""A roster in the log: the latest that an import began is in force, with the corrections that came to it."""

from collections.abc import Iterable, Sequence

import polars as pl

from regaudit.catalogue.event_types import ImportRecorded, ResubmittedRows, RosterEntryRecorded
from regaudit.catalogue.vocabulary import ROSTER_COLUMNS
from regaudit.eventlog.log import EventLog
from regaudit.sources.tables import ROW_NO

_NO_ROWS = pl.DataFrame(schema={ROW_NO: pl.Int64, **dict.fromkeys(ROSTER_COLUMNS, pl.String)})


def all_rows(pages: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """The rows of a whole roster; rosters are small."""
    return pl.concat([_NO_ROWS, *(page.select(_NO_ROWS.columns) for page in pages)])


def entry_events(
    log: EventLog, rows: pl.DataFrame, import_no: int, resubmits: Sequence[ResubmittedRows] = ()
) -> list[RosterEntryRecorded]:
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
    return [
        RosterEntryRecorded(f"roster:{import_no}", n, entry=entry, import_no=import_no, row_no=row_no)
        for n, (row_no, entry) in enumerate(entries, start=1)
    ]


def completed(import_no: int, resubmits: Sequence[ResubmittedRows]) -> int:
    """The import whose roster the entries of an import belong to: its own, or the one that it corrects."""
    return min((rows.import_no for rows in resubmits), default=import_no)


def _rosters(log: EventLog) -> dict[int, list[int]]:
    """The imports that brought entries of a roster, by the import that began it."""
    found: dict[int, list[int]] = {}
    for event in log.events("imports", ImportRecorded):
        if event.kind == "roster" and event.appended:
            began = completed(event.originator_version, event.resubmits)
            found.setdefault(began, []).append(event.originator_version)
    return found


def _entries(log: EventLog, import_nos: Iterable[int]) -> list[dict[str, str]]:
    streams = (log.events(f"roster:{number}", RosterEntryRecorded) for number in import_nos)
    return [event.entry for events in streams for event in events]


def _as_set(entries: Iterable[dict[str, str]]) -> set[frozenset[tuple[str, str]]]:
    return {frozenset(entry.items()) for entry in entries}
