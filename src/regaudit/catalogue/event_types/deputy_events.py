"""The deputy events of our log as classes: made by `make docs` from events/*.toml, edits here are lost.

What each of them and its fields say is in docs/events.md.
"""

from typing import ClassVar

from regaudit.catalogue.event_kinds import LogEvent


class DeputyNamed(LogEvent, frozen=True, kw_only=True):
    """A user acts for another up to a day."""

    TOPIC: ClassVar[str] = "deputy-named"

    login: str
    for_login: str
    until: str
    by: str
    system_user: str
    machine: str
    at: str
