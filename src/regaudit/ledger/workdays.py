"""The working days of an office, as limits count them: make-up workdays included.

Beyond the last published year the plain week is counted, and whatever ends there is provisional.
"""

from bisect import bisect_right
from datetime import date, timedelta

import polars as pl
from msgspec import Struct

from regaudit.base.settings import Settings
from regaudit.catalogue.ledger_terms import LedgerTerms
from regaudit.warehouse.reference import ALL_OFFICES, days, own_calendars

_WEEKEND = 5


class WorkingDays:
    """One calendar: its working days in order, and from when on they are only supposed, however far ahead."""

    def __init__(self, worked: list[date], published_until: date) -> None:
        self._days, self.published_until = worked, published_until
        self._end = max([published_until, *worked[-1:]])

    def after(self, day: date, number: int) -> date:
        """The working day `number` days after a day, which does not count; the day itself for 0."""
        return self._nth(self._rank(day) + number) if number else day

    def before(self, day: date, number: int) -> date:
        """The working day `number` days before a day, which does not count."""
        return self._nth(self._rank(day - timedelta(1)) - number + 1)

    def between(self, first: date, last: date) -> int:
        """How many working days there are after `first`, up to and including `last`."""
        return max(self._rank(last) - self._rank(first), 0)

    def _rank(self, day: date) -> int:
        """How many working days there are up to a day."""
        return bisect_right(self._days, day) + max(_weekdays(day) - _weekdays(self._end), 0)

    def _nth(self, number: int) -> date:
        """The working day of a rank; before the calendar begins its first."""
        ahead = number - len(self._days)
        return _weekday(_weekdays(self._end) + ahead) if ahead > 0 else self._days[max(number, 1) - 1]

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
        made[name] = WorkingDays(worked, until)
    return Calendars(made, terms)


def _weekdays(day: date) -> int:
    """How many days of the plain week there are up to a day, since the first Monday that there is."""
    weeks, rest = divmod(day.toordinal(), 7)
    return weeks * _WEEKEND + min(rest, _WEEKEND)


def _weekday(number: int) -> date:
    """The day of the plain week of a number, as `_weekdays` counts."""
    weeks, rest = divmod(number - 1, _WEEKEND)
    return date.fromordinal(weeks * 7 + rest + 1)
