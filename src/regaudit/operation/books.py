"""The ledger's part of a run: what a night opens and notes, and the tables that are published of it."""

from collections.abc import Callable, Mapping
from datetime import date

import duckdb
from msgspec import Struct

from regaudit.audit.check import Closing
from regaudit.audit.ledger_nights import Night, nights
from regaudit.audit.workspace import Workspace
from regaudit.catalogue.calendar import national_calendar
from regaudit.catalogue.event_types import RunCompleted
from regaudit.catalogue.events import LogEvent
from regaudit.ledger.entry import Entry
from regaudit.ledger.night import LedgerNight
from regaudit.ledger.publication import list_ledger, mirrored_entries
from regaudit.ledger.rows import EntryRow
from regaudit.ledger.workdays import calendars


class Books(Struct, frozen=True, kw_only=True):
    """What a run made of the ledger.

    Attributes:
        rows: every entry, by number, with what the run opened and noted.
        entries: those that were there before.
        planned: what it opened and noted.
        events: gives that for the versions as the log has them then.
    """

    rows: list[EntryRow]
    entries: Mapping[str, Entry]
    planned: list[LogEvent]
    events: Callable[[], list[LogEvent]]


def close_books(
    workspace: Workspace, db: duckdb.DuckDBPyConnection, run: RunCompleted, night: Night | None
) -> Books:
    """Open and note what a night has found, and make the tables of the ledger; without a night, those alone.

    Raises:
        LogError: an event of an entry is damaged.
    """
    entries, profile = mirrored_entries(db), workspace.profile
    measure = calendars(workspace.settings, national_calendar(workspace.home), profile.ledger)
    planned: list[LogEvent] = []
    stored: Callable[[], list[LogEvent]] = list
    if night is not None:
        counted = [past for past in nights(workspace.log).values() if past.night < run.night]
        part = LedgerNight(workspace.log, night, profile, counted[-1] if counted else None, workspace.now())
        planned = part.plan(db, run, entries)

        def stored() -> list[LogEvent]:
            return part.stored(planned)

    texts, on = workspace.settings.publish.texts, date.fromisoformat(run.night)
    rows = list_ledger(db, entries, planned, measure, on, with_texts=texts)
    return Books(rows=rows, entries=entries, planned=planned, events=stored)


def closing_without_night(workspace: Workspace) -> Closing:
    """How a run that is no night is closed: the ledger is listed as it stands."""

    def close(db: duckdb.DuckDBPyConnection, run: RunCompleted) -> Callable[[], list[LogEvent]]:
        return close_books(workspace, db, run, None).events

    return close
