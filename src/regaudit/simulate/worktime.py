"""Working time as one number: seconds of office hours since the morning of the first working day.

Hours are 08:30–12:00 and 13:30–17:30. Differences of such numbers are working seconds, so queues,
holidays and make-up workdays need no special care anywhere else in the simulation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import polars as pl

from regaudit.base.errors import UsageError
from regaudit.catalogue.calendar import national_calendar

DAY = 27_000
"""Working seconds in a day."""
NOON = 12_600
"""Working seconds before the midday break."""
HOUR = 3_600

_OPENING = 8 * HOUR + 1_800
_BREAK = 5_400
_LONGEST_LIMIT = 5
_FRIDAY = 5

Pause = tuple[int, int]
"""The day numbers on which a pause begins and ends."""


@dataclass(frozen=True, slots=True)
class WorkAxis:
    """The working days of a simulation, numbered from 0.

    Attributes:
        days: Working days from the first one of the period on, to the end of the published calendar.
        last: Number of the as-of day, the period's last working day.
    """

    days: Sequence[date]
    last: int

    @property
    def end(self) -> int:
        """The last second of the as-of day; what comes later is not in the export."""
        return (self.last + 1) * DAY - 1

    @property
    def as_of(self) -> date:
        """The day of the export."""
        return self.days[self.last]

    def counts_makeup(self, day: int, limit: int) -> bool:
        """Whether a limit that begins after `day` counts a make-up workday on a weekend."""
        return any(on.isoweekday() > _FRIDAY for on in self.days[day + 1 : day + limit + 1])

    def skips_holiday(self, day: int, limit: int) -> bool:
        """Whether a limit that begins after `day` runs over a holiday from Monday to Friday."""
        span = self.days[day : day + limit + 1]
        gaps = (
            (before + timedelta(n))
            for before, after in pairwise(span)
            for n in range(1, (after - before).days)
        )
        return any(on.isoweekday() <= _FRIDAY for on in gaps)


def work_axis(start: date, days: int) -> WorkAxis:
    """The working days from `start` on, of which the first `days` calendar days are simulated.

    Raises:
        UsageError: The calendar does not cover the period and the limits that begin in it.
    """
    known = national_calendar()
    if start < known["on_date"].item(0):
        raise UsageError(f"模拟起始日 {start} 早于工作日历，请用 {known['on_date'].item(0)} 及以后的日期")
    working = known.filter(pl.col("is_workday") & (pl.col("on_date") >= start))["on_date"].to_list()
    inside = sum(on < start + timedelta(days) for on in working)
    if not inside:
        raise UsageError(f"模拟期间（{start} 起 {days} 天）没有工作日，请加长天数")
    if len(working) < inside + _LONGEST_LIMIT:
        raise UsageError(f"模拟期间（{start} 起 {days} 天）超出已公布的工作日历，请提前起始日或减少天数")
    return WorkAxis(working, inside - 1)


def due_day(accepted: int, limit: int, pauses: Sequence[Pause]) -> int:
    """Number of the `limit`-th day after `accepted` on which the clock runs."""
    day, counted = accepted, 0
    while counted < limit:
        day += 1
        counted += not any(begin < day <= end for begin, end in pauses)
    return day


def day_texts(moments: pl.Expr, axis: WorkAxis) -> pl.Expr:
    """Moments as dates, `2026-03-02`; null stays null."""
    return _dates(moments, axis).dt.strftime("%Y-%m-%d")


def time_texts(moments: pl.Expr, axis: WorkAxis, shift: pl.Expr | None = None) -> pl.Expr:
    """Moments as wall-clock times, `2026-03-02 09:15:27`, moved by `shift` seconds; null stays null."""
    into = moments % DAY
    seconds = into + _OPENING + pl.when(into >= NOON).then(_BREAK).otherwise(0)
    if shift is not None:
        seconds += shift
    return (_dates(moments, axis).cast(pl.Datetime("us")) + pl.duration(seconds=seconds)).dt.strftime(
        "%Y-%m-%d %H:%M:%S"
    )


def _dates(moments: pl.Expr, axis: WorkAxis) -> pl.Expr:
    numbers = list(range(len(axis.days)))
    return (moments // DAY).replace_strict(numbers, list(axis.days), default=None, return_dtype=pl.Date)
