"""The access events of our log as classes: made by `make docs` from events/*.toml, edits here are lost.

What each of them and its fields say is in docs/events.md.
"""

from typing import ClassVar

from msgspec import Struct

from regaudit.catalogue.event_kinds import LogEvent


class AccessLine(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """In `AccessRecorded`."""

    at: str
    login: str
    person_id: str = ""
    address: str
    kind: str
    method: str = ""
    path: str = ""
    status: int = 0
    told: str = ""


class AccessRecorded(LogEvent, frozen=True, kw_only=True):
    """What people looked at and did on the desk, and who was not let in; recorded there line by line, ..."""

    TOPIC: ClassVar[str] = "access-recorded"

    first_at: str
    last_at: str
    lines: list[AccessLine]
