"""The settings events of our log as classes: made by `make docs` from events/*.toml, edits here are lost.

What each of them and its fields say is in docs/events.md.
"""

from typing import ClassVar

from msgspec import Struct

from regaudit.catalogue.event_kinds import LogEvent


class SettingChange(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """In `SettingsChanged`."""

    what: str
    old: str
    new: str


class SettingsChanged(LogEvent, frozen=True, kw_only=True):
    """What decides the findings, or who hears of them, is not what it was on the night before; the ..."""

    TOPIC: ClassVar[str] = "settings-changed"

    night: str
    run_no: int
    changes: list[SettingChange]
    facts: dict[str, str]
    seen_at: str
