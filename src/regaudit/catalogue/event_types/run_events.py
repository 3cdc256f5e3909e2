"""The run events of our log as classes: made by `make docs` from events/*.toml, edits here are lost.

What each of them and its fields say is in docs/events.md.
"""

from typing import ClassVar

from msgspec import Struct, field

from regaudit.catalogue.event_kinds import LogEvent


class RuleCounts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """In `RunCompleted`."""

    status: str
    examined: int
    violations: int
    unknown: int


class RunCompleted(LogEvent, frozen=True, kw_only=True):
    """One check of the whole log: what it was computed from and the hash of what it found."""

    TOPIC: ClassVar[str] = "run-completed"

    kind: str
    as_of: str
    night: str
    log_position: int
    profile: str
    profile_sha256: str
    archive: str = ""
    calendar: str
    rules: dict[str, int]
    params: dict[str, dict[str, int]] = field(default_factory=dict)
    local_sha256: str = ""
    calendar_sha256: str = ""
    sql_sha256: str = ""
    program: str = ""
    findings_sha256: str
    findings: int
    counts: dict[str, RuleCounts]
    finished_at: str
    warehouse_sha256: str = ""
    published_sha256: str = ""
