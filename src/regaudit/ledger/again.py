"""The tables of the ledger made again from the log, to be held against what a run published."""

from datetime import date

import duckdb
from msgspec.structs import replace

from regaudit.audit.inputs import Inputs
from regaudit.catalogue.event_types import EntryNoted, EntryOpened, RunCompleted
from regaudit.catalogue.events import LogEvent
from regaudit.eventlog.streams import StreamReader
from regaudit.ledger.entries import STREAM
from regaudit.ledger.publication import list_ledger
from regaudit.ledger.tables import EntryTables

_VERSIONS = "SELECT entry, last_version FROM results.entry_rows"
_HAS_TEXTS = "SELECT count(*) FROM shown.main.ledger_events WHERE text IS NOT NULL"


def run_events(log: StreamReader, run: RunCompleted) -> list[LogEvent]:
    """What a run opened and noted itself.

    Raises:
        LogError: an event of an entry is damaged.
    """
    number, found = run.originator_version, list[LogEvent]()
    for _, event in log.events_of(STREAM, after=run.log_position):
        if isinstance(event, EntryOpened | EntryNoted) and event.run_no == number:
            # That it was withdrawn it did not note itself.
            found += [event] if event.kind != "withdrawn" else []
    return found


def list_again(db: duckdb.DuckDBPyConnection, own: list[LogEvent], inputs: Inputs, run: RunCompleted) -> None:
    """Make the tables of the ledger of a run in a warehouse that has read the log as far as the run had.

    The published database is attached as `shown`: whether it tells what people wrote is a setting of then.
    """
    tables = EntryTables(db, inputs)
    tables.follow(run.log_position)
    versions = {f"{STREAM}{entry}": version for entry, version in db.execute(_VERSIONS).fetchall()}
    planned = []
    for event in own:
        versions[event.originator_id] = versions.get(event.originator_id, 0) + 1
        planned.append(replace(event, originator_version=versions[event.originator_id]))
    tables.add(planned)
    try:
        with_texts = bool(db.execute(_HAS_TEXTS).fetchall()[0][0])
    except duckdb.CatalogException:  # an earlier version published it
        with_texts = False
    list_ledger(db, date.fromisoformat(run.night), with_texts=with_texts)
