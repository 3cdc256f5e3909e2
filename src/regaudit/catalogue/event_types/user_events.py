"""The user events of our log as classes: made by `make docs` from events/*.toml, edits here are lost.

What each of them and its fields say is in docs/events.md.
"""

from typing import ClassVar

from regaudit.catalogue.event_kinds import LogEvent


class UserAdded(LogEvent, frozen=True, kw_only=True):
    """A user of ledger and desk."""

    TOPIC: ClassVar[str] = "user-added"

    login: str
    person_id: str
    person_name: str = ""
    mail: str = ""
    by: str
    system_user: str
    machine: str
    at: str


class UserLocked(LogEvent, frozen=True, kw_only=True):
    """A user is locked out, or let in again."""

    TOPIC: ClassVar[str] = "user-locked"

    login: str
    is_locked: bool
    by: str
    system_user: str
    machine: str
    at: str
