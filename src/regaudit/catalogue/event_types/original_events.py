"""The original events of our log as classes: made by `make docs` from events/*.toml, edits here are lost.

What each of them and its fields say is in docs/events.md.
"""

from typing import ClassVar

from regaudit.catalogue.event_kinds import LogEvent


class OriginalShown(LogEvent, frozen=True, kw_only=True):
    """Somebody was shown whole original rows of a case, with the columns that no mapping names."""

    TOPIC: ClassVar[str] = "original-shown"

    office: str
    case_no: str
    positions: list[int]
    shown_to: str
    system_user: str = ""
    shown_at: str
