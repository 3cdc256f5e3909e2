"""The night events of our log as classes: made by `make docs` from events/*.toml, edits here are lost.

What each of them and its fields say is in docs/events.md.
"""

from typing import ClassVar

from msgspec import Struct, field

from regaudit.catalogue.event_kinds import LogEvent


class Because(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """In `NightJudged`."""

    code: str
    light: str
    text: str
    count: int
    office: str | None
    is_earlier: bool = False


class Undecided(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """In `NightJudged`."""

    rule: str
    office: str
    subjects: list[str]


class NightJudged(LogEvent, frozen=True, kw_only=True):
    """The light of one nightly run, with its reasons."""

    TOPIC: ClassVar[str] = "night-judged"

    night: str
    run_no: int
    as_of: str
    light: str
    because: list[Because]
    became_unknown: list[Undecided] = field(default_factory=list)
    ceased_unknown: list[Undecided] = field(default_factory=list)
    judged_at: str


class NightWithdrawn(LogEvent, frozen=True, kw_only=True):
    """The ledger's last night should not have been, most often because its as-of time was mistyped."""

    TOPIC: ClassVar[str] = "night-withdrawn"

    night: str
    run_nos: list[int]
    reason: str
    withdrawn_by: str
    withdrawn_at: str
