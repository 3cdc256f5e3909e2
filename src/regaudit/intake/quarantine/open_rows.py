"""What the log says of imports: which there were, and which of their rejected rows are still open.

A row is open until it comes back in a corrected quarantine file, or until somebody says that the rest of its
import will not be corrected. If it is rejected again, it is open in the quarantine of the import that brought
it back.
"""

from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any

import polars as pl
from msgspec import Struct

from regaudit.base.errors import RefusedFileError
from regaudit.base.folders import Folders
from regaudit.catalogue.event_types import ImportRecorded, QuarantineDismissed
from regaudit.eventlog.log import EventLog
from regaudit.intake.imports import States, import_states
from regaudit.intake.quarantine.file import CLOSED, COLUMN, REASON, ROW, TABLE, TEXT_MARK
from regaudit.sources.formats.open import open_export

RowKey = tuple[str, int]
"""What the notes call a table (its name or its title), and a row of it."""


class Reason(Struct, frozen=True):
    """Why rows were rejected, and how many for this reason; `column` is canonical."""

    column: str
    reason: str
    rows: int


class Dismissal(Struct, frozen=True):
    """The open rows of an import will not be corrected: how many, who said so, when and why."""

    rows: int
    by: str
    at: str
    reason: str


class OpenRows(Struct, frozen=True, kw_only=True):
    """The rejected rows of one import that did not come back yet; none is open where they were dismissed.

    `in_file` of the open ones stand in the quarantine file, with their `reasons`: 0 where it is no longer
    there.
    """

    import_no: int
    file: str
    imported_at: str
    quarantine_file: str
    rejected: int
    open: int
    in_file: int
    reasons: list[Reason]
    dismissed: Dismissal | None = None


def returned_rows(states: States) -> dict[int, set[RowKey]]:
    """The rows of each import that came back in a later one."""
    returned: dict[int, set[RowKey]] = {}
    for state in states.values():
        for entry in state.resubmits:
            rows = returned.setdefault(entry.import_no, set())
            rows |= {(plain_title(entry.table), row_no) for row_no in entry.row_nos}
    return returned


def dismissals(log: EventLog) -> dict[int, Dismissal]:
    """The imports whose open rows were dismissed."""
    return {
        event.dismissed_import_no: Dismissal(event.rows, event.dismissed_by, event.dismissed_at, event.reason)
        for event in log.events("dismissals", QuarantineDismissed)
    }


def open_counts(log: EventLog) -> dict[int, int]:
    """How many rejected rows of each import are open; imports without any are left out."""
    return count_open(import_states(log), dismissals(log))


def count_open(states: States, dismissed: Container[int]) -> dict[int, int]:
    """The same of imports that were read, but for those dismissed."""
    counts = _missing_counts(states, returned_rows(states))
    return {number: count for number, count in counts if number not in dismissed}


def open_quarantine(home: Path, log: EventLog) -> list[OpenRows]:
    """The imports with open rows, and why those were rejected; and those whose rows were dismissed."""
    states, dismissed = import_states(log), dismissals(log)
    returned = returned_rows(states)
    found = []
    for number, count in _missing_counts(states, returned):
        state, done = states[number], dismissed.get(number)
        reasons = [] if done else _reasons(home, state, returned.get(number, set()))
        found.append(
            OpenRows(
                import_no=number,
                file=state.file_name,
                imported_at=state.imported_at,
                quarantine_file=state.quarantine_file,
                rejected=state.quarantined,
                open=0 if done else count,
                in_file=sum(reason.rows for reason in reasons),
                reasons=reasons,
                dismissed=done,
            )
        )
    return found


def rejected_rows(home: Path, state: ImportRecorded) -> set[RowKey] | None:
    """The rejected rows of an import by its quarantine file; `None` where that does not tell all of them."""
    rows = read_quarantine(home, state.quarantine_file)
    keys = set(map(row_key, rows.iter_rows(named=True))) if rows is not None else set()
    return keys if len(keys) == state.quarantined and (ROW_KEY_UNREAD not in keys) else None


def read_quarantine(home: Path, name: str) -> pl.DataFrame | None:
    """`TABLE`, `ROW`, `COLUMN` and `REASON` of a quarantine file as text; `None` where it cannot be read.

    A person may have saved it anew in another encoding, or moved it away.
    """
    wanted = [TABLE, ROW, COLUMN, REASON]
    for path in (Folders(home).quarantine / name, Folders(home).quarantine / CLOSED / name):
        if not name or not path.is_file():
            continue
        try:
            [table] = open_export(path, lambda _: None, frozenset(wanted))
            pages = [batch.rows.select(wanted) for batch in table.read()]
        except (RefusedFileError, ValueError, pl.exceptions.PolarsError, OSError):
            return None
        return pl.concat(pages) if pages else None
    return None


ROW_KEY_UNREAD: RowKey = ("", 0)


def row_key(row: dict[str, Any]) -> RowKey:
    """Which row of which table the notes name; `ROW_KEY_UNREAD` where they are spoilt."""
    row_no = whole_number(row[ROW])
    return (plain_title(row[TABLE]), row_no) if row_no else ROW_KEY_UNREAD


def whole_number(cell: str | None) -> int:
    """A positive whole number as a spreadsheet may have written it (`14`, `14.0`); 0 for anything else."""
    text = (cell or "").strip().removeprefix(TEXT_MARK).removesuffix(".0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < len("1000000000000") else 0


def plain_title(title: str | None) -> str:
    """A table's title as it is compared: without the mark for text and white space around it."""
    return (title or "").strip().removeprefix(TEXT_MARK).strip()


def _missing_counts(states: States, returned: dict[int, set[RowKey]]) -> Iterator[tuple[int, int]]:
    """How many rejected rows of each import did not come back."""
    for number, state in states.items():
        if (count := state.quarantined - len(returned.get(number, ()))) > 0:
            yield number, count


def _reasons(home: Path, state: ImportRecorded, returned: set[RowKey]) -> list[Reason]:
    """Why the rows that did not come back were rejected, by the quarantine file."""
    rows = read_quarantine(home, state.quarantine_file)
    if rows is None:
        return []
    keys = [row_key(row) for row in rows.select(TABLE, ROW).iter_rows(named=True)]
    still = rows.filter(pl.Series([key not in returned for key in keys], dtype=pl.Boolean))
    counted = still.group_by(COLUMN, REASON, maintain_order=True).len().sort("len", descending=True)
    return [Reason(column or "", reason or "", rows) for column, reason, rows in counted.iter_rows()]
