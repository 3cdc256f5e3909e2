"""The imports that the log has."""

from typing import Any

from regaudit.eventlog.log import EventLog

States = dict[int, dict[str, Any]]


def import_states(log: EventLog) -> States:
    """All import events' fields by import number."""
    return {event.originator_version: vars(event) for event in log.events("imports")}
