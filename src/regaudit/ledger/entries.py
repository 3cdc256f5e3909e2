"""All entries of a log, or those of some numbers, folded."""

from collections.abc import Iterable

from regaudit.catalogue.event_types import EntryDocumented, EntryNoted, EntryOpened, EntryStepped
from regaudit.catalogue.events import LogEvent
from regaudit.eventlog.streams import StreamReader
from regaudit.ledger.entry import Entry

# Of more entries than these it pays to read the whole ledger at once.
_FEW = 200
STREAM = "entry:"
"""What the streams of entries begin with."""


def fold_entries(events: Iterable[LogEvent]) -> dict[str, Entry]:
    """Entries by number, from their events in the order of the log."""
    entries: dict[str, Entry] = {}
    for event in events:
        if isinstance(event, EntryOpened | EntryNoted | EntryStepped | EntryDocumented):
            number = event.originator_id.removeprefix(STREAM)
            entry = entries.get(number)
            if entry is None:
                entry = entries[number] = Entry(number)
            entry.apply(event)
    return entries


def read_entries(log: StreamReader, upto: int | None = None) -> dict[str, Entry]:
    """All entries of a log by number, up to a position.

    Raises:
        LogError: an event of theirs is damaged.
    """
    return fold_entries(event for _, event in log.events_of(STREAM, upto=upto))


def read_some(log: StreamReader, numbers: Iterable[str]) -> dict[str, Entry]:
    """Entries of some numbers, as the log has them now; those that are not there are left out.

    Raises:
        LogError: an event of theirs is damaged.
    """
    wanted = sorted(set(numbers))
    if len(wanted) > _FEW:
        entries = read_entries(log)
        return {number: entries[number] for number in wanted if number in entries}
    return fold_entries(event for number in wanted for event in log.events(f"{STREAM}{number}", LogEvent))


def read_entry(log: StreamReader, number: str) -> Entry | None:
    """One entry; None where there is none of that number.

    Raises:
        LogError: an event of it is damaged.
    """
    events = log.events(f"{STREAM}{number}", LogEvent)
    return fold_entries(events).get(number)
