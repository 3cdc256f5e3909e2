"""The role events of our log as classes: made by `make docs` from events/*.toml, edits here are lost.

What each of them and its fields say is in docs/events.md.
"""

from typing import ClassVar

from regaudit.catalogue.event_kinds import LogEvent


class RoleEnded(LogEvent, frozen=True, kw_only=True):
    """A user has a role no more."""

    TOPIC: ClassVar[str] = "role-ended"

    login: str
    role: str
    office: str = ""
    section: str = ""
    by: str
    system_user: str
    machine: str
    at: str


class RoleGranted(LogEvent, frozen=True, kw_only=True):
    """A user is given a role, at an office and in a section, or at all of them."""

    TOPIC: ClassVar[str] = "role-granted"

    login: str
    role: str
    office: str = ""
    section: str = ""
    by: str
    system_user: str
    machine: str
    at: str
