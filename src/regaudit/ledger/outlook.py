"""What would follow from a step before it is taken: the entry as it would stand then."""

from datetime import datetime

from msgspec import Struct

from regaudit.catalogue.event_types import EntryStepped
from regaudit.ledger.entry import Entry
from regaudit.ledger.request import Request
from regaudit.ledger.service import due_set, is_first_of_two
from regaudit.ledger.workdays import Measure


class Outlook(Struct, frozen=True):
    """A step that nobody took: its event, and a copy of the entry that it would make."""

    event: EntryStepped
    entry: Entry


def outlook(entry: Entry, request: Request, measure: Measure, at: datetime, *, person: str = "") -> Outlook:
    """What would follow, if the step may be taken at all.

    Args:
        entry: as it stands; it stays so.
        request: what would be asked for.
        measure: the entry's.
        at: when.
        person: the natural person who would take it.
    """
    event = EntryStepped(
        entry.id,
        entry.version + 1,
        step=request.step,
        at=max(at, entry.now.last_at).isoformat(),
        recorded_at=at.isoformat(),
        by="",
        person=person,
        role="",
        door="page",
        system_user="",
        machine="",
        seen_version=entry.version,
        text=request.text,
        to=request.to,
        kind=request.kind,
        due=due_set(entry, request, at.date(), measure),
        verdict=request.verdict,
        is_pending=is_first_of_two(entry, request),
        severity=request.severity,
    )
    then = Entry(entry.number, entry.history)
    then.apply(event)
    return Outlook(event, then)
