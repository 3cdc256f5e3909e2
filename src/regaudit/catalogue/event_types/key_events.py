"""The key events of our log as classes: made by `make docs` from events/*.toml, edits here are lost.

What each of them and its fields say is in docs/events.md.
"""

from typing import ClassVar

from regaudit.catalogue.event_kinds import LogEvent


class KeyIntroduced(LogEvent, frozen=True, kw_only=True):
    """A new key signs the log's checkpoints from here on."""

    TOPIC: ClassVar[str] = "key-introduced"

    verifier_key: str
    introduction: str
    introduced_at: str
