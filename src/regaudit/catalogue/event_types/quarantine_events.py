"""The quarantine events of our log as classes: made by `make docs` from events/*.toml, edits here are lost.

What each of them and its fields say is in docs/events.md.
"""

from typing import ClassVar

from regaudit.catalogue.event_kinds import LogEvent


class QuarantineDismissed(LogEvent, frozen=True, kw_only=True):
    """The rejected rows of one import that did not come back will not be corrected: the file was a ..."""

    TOPIC: ClassVar[str] = "quarantine-dismissed"

    dismissed_import_no: int
    rows: int
    reason: str
    dismissed_by: str
    dismissed_at: str
