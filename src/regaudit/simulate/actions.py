"""One row of the step log, before it becomes text."""

from typing import NamedTuple

NOBODY = -1
UNKNOWN = -1


class Action(NamedTuple):
    """One row of the step log, with people and moments still as numbers."""

    step: str
    at: int
    actor: int
    started: int = UNKNOWN
    day_only: bool = False
    nameless: bool = False
    node: str = ""
    result: str = ""
    pause_kind: str = ""
    reason: str = ""
    approver: int = NOBODY
    serial: int = 0
