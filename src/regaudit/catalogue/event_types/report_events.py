"""The report events of our log as classes: made by `make docs` from events/*.toml, edits here are lost.

What each of them and its fields say is in docs/events.md.
"""

from typing import ClassVar

from regaudit.catalogue.event_kinds import LogEvent


class ReportMade(LogEvent, frozen=True, kw_only=True):
    """A report of a period was made: the first version of its stream is the report, each later one a ..."""

    TOPIC: ClassVar[str] = "report-made"

    kind: str
    period: str
    office: str
    reason: str = ""
    declared: str = ""
    files: dict[str, str]
    archive: str = ""
    run_no: int
    log_position: int
    checkpoint_size: int
    checkpoint: str
    made_at: str
    by: str = ""
    person: str = ""
    role: str = ""
    for_login: str = ""
    door: str
    system_user: str = ""
    machine: str = ""
    names: dict[str, str]
    maker: str
