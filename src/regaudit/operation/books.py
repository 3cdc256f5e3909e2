"""The ledger's part of a run: what a night opens and notes, and the tables that are published of it."""

from collections.abc import Callable
from datetime import date

import duckdb
from msgspec import Struct

from regaudit.audit.check import Closing
from regaudit.audit.inputs import make_inputs
from regaudit.audit.ledger_nights import Night, nights
from regaudit.audit.workspace import Workspace
from regaudit.catalogue.event_types import EntryNoted, EntryOpened, LedgerBegun, RunCompleted
from regaudit.catalogue.events import LogEvent
from regaudit.ledger.night import LedgerNight
from regaudit.ledger.publication import list_ledger
from regaudit.ledger.tables import EntryTables

Stored = Callable[[], list[LogEvent]]
"""Gives what a run opened and noted, for the versions as the log has them then."""


class Booked(Struct, frozen=True):
    """What a night did to the ledger.

    Attributes:
        opened: entries; `histories` of them list old findings, `listed` findings together.
        noted: what it noted on entries that were there.
        begins: it is the first night with a ledger.
    """

    opened: int = 0
    histories: int = 0
    listed: int = 0
    noted: int = 0
    begins: bool = False


def close_books(
    workspace: Workspace, db: duckdb.DuckDBPyConnection, run: RunCompleted, night: Night | None
) -> tuple[Stored, Booked]:
    """Open and note what a night has found, and make the tables of the ledger; without a night, those alone.

    Raises:
        LogError: an event of an entry is damaged.
    """
    settings, profile = workspace.settings, workspace.profile
    tables = EntryTables(db, make_inputs(workspace.home, settings, settings.profile, profile))
    tables.follow(run.log_position)
    stored: Stored = list
    planned: list[LogEvent] = []
    if night is not None:
        earlier = [past for past in nights(workspace.log).values() if past.night < run.night]
        last = earlier[-1] if earlier else None
        part = LedgerNight(workspace.log, night, profile, last, workspace.now())
        planned = part.plan(db, run)

        def stored() -> list[LogEvent]:
            return part.stored(planned)

    tables.add(planned)
    list_ledger(db, date.fromisoformat(run.night), with_texts=settings.publish.texts)
    return stored, _booked(planned)


def _booked(planned: list[LogEvent]) -> Booked:
    opened = [event for event in planned if isinstance(event, EntryOpened)]
    histories = [event for event in opened if event.kind == "history"]
    return Booked(
        opened=len(opened),
        histories=len(histories),
        listed=sum(len(event.finding_ids) for event in histories),
        noted=sum(isinstance(event, EntryNoted) for event in planned),
        begins=any(isinstance(event, LedgerBegun) for event in planned),
    )


def closing_without_night(workspace: Workspace) -> Closing:
    """How a run that is no night is closed: the ledger is listed as it stands."""

    def close(db: duckdb.DuckDBPyConnection, run: RunCompleted) -> Callable[[], list[LogEvent]]:
        return close_books(workspace, db, run, None)[0]

    return close
