"""The office events of our log as classes: made by `make docs` from events/*.toml, edits here are lost.

What each of them and its fields say is in docs/events.md.
"""

from typing import ClassVar

from regaudit.catalogue.event_kinds import LogEvent


class OfficeSilent(LogEvent, frozen=True, kw_only=True):
    """A night that found an office silent: it used to act on nearly every working day, and its last ..."""

    TOPIC: ClassVar[str] = "office-silent"

    office: str
    night: str
    last_on: str
