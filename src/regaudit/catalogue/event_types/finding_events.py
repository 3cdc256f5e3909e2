"""The finding events of our log as classes: made by `make docs` from events/*.toml, edits here are lost.

What each of them and its fields say is in docs/events.md.
"""

from typing import ClassVar

from regaudit.catalogue.event_kinds import LogEvent


class FindingChanged(LogEvent, frozen=True, kw_only=True):
    """The same finding with another severity or another due day."""

    TOPIC: ClassVar[str] = "finding-changed"

    as_of: str
    run_no: int
    severity: str
    due_on: str | None = None
    summary: str


class FindingGone(LogEvent, frozen=True, kw_only=True):
    """A nightly run no longer finds it."""

    TOPIC: ClassVar[str] = "finding-gone"

    as_of: str
    run_no: int


class FindingOpened(LogEvent, frozen=True, kw_only=True):
    """First seen by a nightly run."""

    TOPIC: ClassVar[str] = "finding-opened"

    as_of: str
    run_no: int
    rule: str
    severity: str
    office: str | None
    case_no: str | None
    account: str | None
    person_id: str | None
    source: str | None = None
    occurred_at: str | None
    due_on: str | None
    summary: str
    basis: str
    evidence: list[int]


class FindingReopened(LogEvent, frozen=True, kw_only=True):
    """Found again after it was gone."""

    TOPIC: ClassVar[str] = "finding-reopened"

    as_of: str
    run_no: int
    severity: str
    due_on: str | None = None
    summary: str
