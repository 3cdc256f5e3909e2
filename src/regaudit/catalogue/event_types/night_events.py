"""The night events of our log as classes: made by `make docs` from events/*.toml, edits here are lost.

What each of them and its fields say is in docs/events.md.
"""

from typing import ClassVar

from regaudit.catalogue.event_kinds import LogEvent


class NightWithdrawn(LogEvent, frozen=True, kw_only=True):
    """The ledger's last night should not have been, most often because its as-of time was mistyped."""

    TOPIC: ClassVar[str] = "night-withdrawn"

    night: str
    run_nos: list[int]
    reason: str
    withdrawn_by: str
    withdrawn_at: str
