"""The entries of the ledger as rows: those that the last night published, and what happened since over them.

What twenty thousand entries have come to is folded once a night; whoever looks reads the few events since.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from msgspec.structs import fields

from regaudit.base.duck import DatabaseFileError, connect
from regaudit.base.folders import Folders
from regaudit.catalogue.event_types import EntryNoted, EntryOpened
from regaudit.eventlog.log import EventLog
from regaudit.ledger.entries import STREAM, read_entries, read_some
from regaudit.ledger.rows import EntryRow, standing_row
from regaudit.ledger.workdays import Calendars

_PART = 1_000
_RUN = "SELECT run_no, log_position FROM main.runs ORDER BY run_no DESC LIMIT 1"


def standing_rows(home: Path, log: EventLog, calendars: Calendars) -> dict[str, EntryRow]:
    """Every entry by its number, as of the last night; `rows.on_day` says how it stands on a later day.

    Limits of entries that nothing happened to are counted as they were in the last night.

    Raises:
        LogError: an event of an entry is damaged.
    """
    published = published_rows(home)
    if published is None:
        return folded_rows(log, None, calendars)
    rows, run_no, position = published
    hidden = {number for number, row in rows.items() if row.state == "referred"}
    later = touched_since(log, position, run_no=run_no)
    return rows | folded_rows(log, later | hidden, calendars)


def touched_since(log: EventLog, position: int, *, run_no: int, upto: int | None = None) -> set[str]:
    """The numbers of entries that something happened to behind a position, but for what a run did itself.

    What a night opened and noted stands behind the position up to which it had read the log.

    Raises:
        LogError: an event of an entry is damaged.
    """
    return {
        event.originator_id.removeprefix(STREAM)
        for _, event in log.events_of(STREAM, after=position, upto=upto)
        if not (isinstance(event, EntryOpened | EntryNoted) and event.run_no == run_no)
    }


def folded_rows(log: EventLog, numbers: set[str] | None, calendars: Calendars) -> dict[str, EntryRow]:
    """The rows of some entries as the log has them; None: all.

    Raises:
        LogError: an event of an entry is damaged.
    """
    entries = read_entries(log) if numbers is None else read_some(log, numbers)
    return {
        number: standing_row(entry, calendars.of(entry.opened.office)) for number, entry in entries.items()
    }


def published_rows(home: Path) -> tuple[dict[str, EntryRow], int, int] | None:
    """The rows that the last run published, its number and how far it had read; None without any.

    Of those that were referred there is hardly more than the number.
    """
    path = Folders(home).database
    if not path.is_file():
        return None
    with suppress(DatabaseFileError), connect(path, read_only=True) as db:
        return rows_in(db)
    return None


def rows_in(db: duckdb.DuckDBPyConnection) -> tuple[dict[str, EntryRow], int, int] | None:
    """As `published_rows`, by a connection to what is published."""
    # What an earlier version published has no entries, or not all of their columns.
    with suppress(duckdb.CatalogException, duckdb.BinderException):
        [(run_no, position)] = db.execute(_RUN).fetchall()
        found = db.execute(f"SELECT {_columns()} FROM main.ledger_entries")
        return dict(_rows(found)), run_no, position
    return None


def _rows(found: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, EntryRow]]:
    """Rows by their numbers; what many of them say is in memory once."""
    names = [field.name for field in fields(EntryRow)]
    known: dict[Any, Any] = {}
    while part := found.fetchmany(_PART):
        for values in part:
            # Numbers are left alone: 1 would be told as true.
            once = [known.setdefault(v, v) if isinstance(v, str | date) else v for v in values]
            row = EntryRow(**dict(zip(names, once, strict=True)))
            yield row.entry, row


def _columns() -> str:
    """Every field of a row, as the published table tells it."""
    return ", ".join(_column(field.name, field.type) for field in fields(EntryRow))


def _column(name: str, kind: Any) -> str:
    told = {
        "light": "'none'",
        "shown_state": "if(is_appealed, 'appealed', state)",
        "limit": "due_limit",
        "is_final": "state IN ('struck', 'excused', 'unfounded', 'quashed', 'referred', 'voided')",
    }.get(name, f'"{name}"')
    if kind is str and name != "office":
        return f"coalesce({told}, '')"
    return f"coalesce({told}, [])" if kind == list[str] else f"coalesce({told}, 0)" if kind is int else told
