"""The secret events of our log as classes: made by `make docs` from events/*.toml, edits here are lost.

What each of them and its fields say is in docs/events.md.
"""

from typing import ClassVar

from regaudit.catalogue.event_kinds import LogEvent


class SecretChanged(LogEvent, frozen=True, kw_only=True):
    """A user's password or second factor was set; the secret itself lies in desk.sqlite."""

    TOPIC: ClassVar[str] = "secret-changed"

    login: str
    kind: str
    record_sha256: str
    by: str
    system_user: str
    machine: str
    at: str
    door: str = ""
    address: str = ""
