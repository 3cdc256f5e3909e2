"""The roster events of our log as classes: made by `make docs` from events/*.toml, edits here are lost.

What each of them and its fields say is in docs/events.md.
"""

from typing import ClassVar

from regaudit.catalogue.event_kinds import LogEvent


class RosterEntryRecorded(LogEvent, frozen=True, kw_only=True):
    """One row of an accounts roster."""

    TOPIC: ClassVar[str] = "roster-entry-recorded"

    entry: dict[str, str]
    import_no: int
    row_no: int
