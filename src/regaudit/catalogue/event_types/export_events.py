"""The export events of our log as classes: made by `make docs` from events/*.toml, edits here are lost.

What each of them and its fields say is in docs/events.md.
"""

from typing import ClassVar

from regaudit.catalogue.event_kinds import LogEvent


class ExportDelivered(LogEvent, frozen=True, kw_only=True):
    """A source whose export had been missing delivers again, be it something new or a file that is ..."""

    TOPIC: ClassVar[str] = "export-delivered"

    source: str
    night: str


class ExportMissed(LogEvent, frozen=True, kw_only=True):
    """An export that a source in regaudit.toml should have given by a night was not there."""

    TOPIC: ClassVar[str] = "export-missed"

    source: str
    office: str
    night: str
    due: str
