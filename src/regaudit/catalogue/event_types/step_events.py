"""The step events of our log as classes: made by `make docs` from events/*.toml, edits here are lost.

What each of them and its fields say is in docs/events.md.
"""

from typing import ClassVar

from regaudit.catalogue.event_kinds import LogEvent


class StepAltered(LogEvent, frozen=True, kw_only=True):
    """A re-export carries a known action with other content."""

    TOPIC: ClassVar[str] = "step-altered"

    action: dict[str, str]
    action_id: str
    import_no: int
    part_no: int = 0
    row_no: int


class StepExtended(LogEvent, frozen=True, kw_only=True):
    """A later export fills columns of a known action that the log has blank, and that there was no ..."""

    TOPIC: ClassVar[str] = "step-extended"

    action: dict[str, str]
    action_id: str
    import_no: int
    part_no: int = 0
    row_no: int


class StepRecorded(LogEvent, frozen=True, kw_only=True):
    """One action of a case as a platform's log shows it, the first time it is seen."""

    TOPIC: ClassVar[str] = "step-recorded"

    action: dict[str, str]
    action_id: str
    import_no: int
    part_no: int = 0
    row_no: int


class StepVanished(LogEvent, frozen=True, kw_only=True):
    """An export that claims to hold every action of a period lacks one of that period which the log ..."""

    TOPIC: ClassVar[str] = "step-vanished"

    office: str
    case_no: str
    action_id: str
    step_position: int
    import_no: int
