"""Settings of working days: which calendar, and what is local to it."""

from datetime import date
from typing import Literal

from msgspec import Struct

from regaudit.base.errors import RegauditError
from regaudit.base.source_settings import Text


class CalendarDay(Struct, frozen=True, forbid_unknown_fields=True):
    """A local change to the calendar; for all offices, or for those named."""

    on: date
    kind: Literal["workday", "holiday", "closure"]
    name: Text
    offices: list[str] = []


class LocalDays(Struct, frozen=True, forbid_unknown_fields=True):
    """Local additions to the calendar."""

    days: list[CalendarDay] = []


class Calendar(LocalDays, frozen=True, forbid_unknown_fields=True):
    """What working days are counted by.

    Attributes:
        base: `national` with the notices imported, or the workspace's `own`.
        file: the own calendar, relative to the workspace; with `national` it has the days before that.
    """

    base: Literal["national", "own"] = "national"
    file: str = ""


def check_calendar(calendar: Calendar) -> None:
    """Raise when an own calendar is nowhere."""
    if calendar.base == "own" and not calendar.file:
        raise RegauditError(
            'calendar.base = "own" 须以 calendar.file 写明日历文件,如 calendar/own.csv;'
            "格式见 docs/zh/operations.md 的“自有日历”一节"
        )
