"""The rows events of our log as classes: made by `make docs` from events/*.toml, edits here are lost.

What each of them and its fields say is in docs/events.md.
"""

from typing import ClassVar

from msgspec import field

from regaudit.catalogue.event_kinds import LogEvent


class RowsRejected(LogEvent, frozen=True, kw_only=True):
    """Which rows of a table an import put into quarantine, in the order of the quarantine file."""

    TOPIC: ClassVar[str] = "rows-rejected"

    import_no: int
    table: str
    row_nos: list[int]
    row_ids: list[str]
    streams: list[list[str]] = field(default_factory=list)
    told: list[list[dict[str, str]]] = field(default_factory=list)
    faults: list[list[str]] = field(default_factory=list)
