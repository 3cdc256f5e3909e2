"""The mismatch events of our log as classes: made by `make docs` from events/*.toml, edits here are lost.

What each of them and its fields say is in docs/events.md.
"""

from typing import ClassVar

from regaudit.catalogue.event_kinds import LogEvent


class MismatchAcknowledged(LogEvent, frozen=True, kw_only=True):
    """Somebody says why files of the workspace contradict the log, such as after a backup was ..."""

    TOPIC: ClassVar[str] = "mismatch-acknowledged"

    keys: list[str]
    texts: list[str]
    reason: str
    acknowledged_by: str
    acknowledged_at: str
