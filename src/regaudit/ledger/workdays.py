"""The working days of an office, as limits count them: make-up workdays included.

Beyond the last published year the plain week is counted, and whatever ends there is provisional.
"""

from bisect import bisect_left, bisect_right
from datetime import date, timedelta
from functools import cache

import polars as pl
from msgspec import Struct

from regaudit.base.settings import Settings
from regaudit.catalogue.ledger_terms import LedgerTerms
from regaudit.warehouse.reference import ALL_OFFICES, days, own_calendars

_WEEKEND = 5
_DAY = timedelta(days=1)
_YEARS_AHEAD = 3


class WorkingDays:
    """One calendar: its working days in order, and from when on they are only supposed."""

    def __init__(self, worked: list[date], published_until: date) -> None:
        self._days, self.published_until = worked, published_until

    def after(self, day: date, number: int) -> date:
        """The working day `number` days after a day, which does not count; the day itself for 0."""
        if not number:
            return day
        at = bisect_right(self._days, day) + number - 1
        if at < len(self._days):
            return self._days[at]
        # A day that people set may lie far ahead: the plain week, without end.
        last = max(day, self._days[-1])
        left = at - len(self._days) + 1
        while left:
            last += _DAY
            left -= last.weekday() < _WEEKEND
        return last

    def before(self, day: date, number: int) -> date:
        """The working day `number` days before a day, which does not count."""
        return self._days[max(bisect_left(self._days, day) - number, 0)]

    def between(self, first: date, last: date) -> int:
        """How many working days there are after `first`, up to and including `last`."""
        return max(bisect_right(self._days, last) - bisect_right(self._days, first), 0)

    def is_provisional(self, day: date) -> bool:
        """Whether a day lies in a year whose holidays nobody knows yet."""
        return day > self.published_until


class Measure(Struct, frozen=True):
    """What limits of an office are counted by: its working days, and the profile's terms."""

    days: WorkingDays
    terms: LedgerTerms


class Calendars:
    """What a workspace counts limits by, office by office."""

    def __init__(self, by_calendar: dict[str, WorkingDays], terms: LedgerTerms) -> None:
        self._calendars = {name: Measure(days, terms) for name, days in by_calendar.items()}

    def of(self, office: str | None) -> Measure:
        """The measure of an office; of none, that of all."""
        return self._calendars.get(office or ALL_OFFICES, self._calendars[ALL_OFFICES])


def calendars(settings: Settings, national: pl.DataFrame, terms: LedgerTerms) -> Calendars:
    """What limits are counted by under a workspace's settings, a national calendar and a profile's terms."""
    table = days(settings, national)
    made = {}
    for name in (ALL_OFFICES, *own_calendars(settings)):
        rows = table.filter(table["calendar"] == name)
        until: date = rows["on_date"].to_list()[-1]
        worked: list[date] = rows.filter(rows["is_workday"])["on_date"].to_list()
        made[name] = WorkingDays([*worked, *_supposed(until)], until)
    return Calendars(made, terms)


@cache
def _supposed(until: date) -> tuple[date, ...]:
    """The plain week's working days of some years after a day."""
    after = (until + timedelta(number) for number in range(1, _YEARS_AHEAD * 366))
    return tuple(day for day in after if day.weekday() < _WEEKEND)
