"""The imports that the log has."""

from regaudit.catalogue.event_types import ImportRecorded
from regaudit.eventlog.log import EventLog

States = dict[int, ImportRecorded]


def import_states(log: EventLog) -> States:
    """All import events by import number."""
    return {event.originator_version: event for event in log.events("imports", ImportRecorded)}
