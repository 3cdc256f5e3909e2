"""One row of the step log, before it becomes text."""

from typing import NamedTuple

NOBODY = -1
UNKNOWN = -1
UNKNOWN_STEP = "领导签批"
"""A step that no law knows."""
OWN = -1


class Action(NamedTuple):
    """One row of the step log, with people and moments still as numbers.

    `shift` moves `at` by seconds of the clock on the wall, out of working time; `desk` is the account on
    whose terminal it was done, `OWN` for the actor's.
    """

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
    shift: int = 0
    desk: int = OWN
