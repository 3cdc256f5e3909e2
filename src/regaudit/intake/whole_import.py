"""Exports that replace the last of their kind, such as a roster: compared as a whole.

The latest that an import began is in force, with the corrections that came to it.
"""

from collections.abc import Iterable, Sequence

import polars as pl

from regaudit.catalogue.event_types import ImportRecorded, ResubmittedRows
from regaudit.catalogue.events import LogEvent, event_class
from regaudit.catalogue.kinds import ExportKind
from regaudit.eventlog.log import EventLog
from regaudit.sources.tables import ROW_NO


def all_rows(kind: ExportKind, pages: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """The rows of a whole export; those that are compared so are small."""
    none = pl.DataFrame(schema={ROW_NO: pl.Int64, **dict.fromkeys(kind.columns, pl.String)})
    return pl.concat([none, *(page.select(none.columns) for page in pages)])


def entry_events(
    log: EventLog,
    kind: ExportKind,
    rows: pl.DataFrame,
    import_no: int,
    resubmits: Sequence[ResubmittedRows] = (),
) -> list[LogEvent]:
    """An event for each row, or none where the export in force says the same.

    Args:
        log: what is known.
        kind: what the rows are.
        rows: as `all_rows` gives them.
        import_no: the import that brings them.
        resubmits: as in its event. Corrected rows complete the export that they were rejected of: only those
            that it lacks become events.
    """
    unique = rows.unique(subset=list(kind.columns), keep="first", maintain_order=True)
    entries = [
        (row[ROW_NO], {name: row[name] for name in kind.columns if row[name] is not None})
        for row in unique.iter_rows(named=True)
    ]
    wholes = _wholes(log, kind)
    if resubmits:
        known = _as_set(_entries(log, kind, wholes.get(completed(import_no, resubmits), [])))
        entries = [(row_no, entry) for row_no, entry in entries if not _as_set([entry]) <= known]
    elif _as_set(entry for _, entry in entries) == _as_set(
        _entries(log, kind, wholes.get(max(wholes, default=0), []))
    ):
        return []
    make, stream = event_class(kind.recorded), kind.stream.format(import_no=import_no)
    return [
        make(stream, n, **{kind.content: entry}, import_no=import_no, row_no=row_no)
        for n, (row_no, entry) in enumerate(entries, start=1)
    ]


def completed(import_no: int, resubmits: Sequence[ResubmittedRows]) -> int:
    """The import whose export the rows of an import belong to: its own, or the one that it corrects."""
    return min((rows.import_no for rows in resubmits), default=import_no)


def _wholes(log: EventLog, kind: ExportKind) -> dict[int, list[int]]:
    """The imports that brought rows of an export, by the import that began it."""
    found: dict[int, list[int]] = {}
    for event in log.events("imports", ImportRecorded):
        if event.kind == kind.name and event.appended:
            began = completed(event.originator_version, event.resubmits)
            found.setdefault(began, []).append(event.originator_version)
    return found


def _entries(log: EventLog, kind: ExportKind, import_nos: Iterable[int]) -> list[dict[str, str]]:
    streams = (kind.stream.format(import_no=number) for number in import_nos)
    of_kind = event_class(kind.recorded)
    return [getattr(event, kind.content) for stream in streams for event in log.events(stream, of_kind)]


def _as_set(entries: Iterable[dict[str, str]]) -> set[frozenset[tuple[str, str]]]:
    return {frozenset(entry.items()) for entry in entries}
