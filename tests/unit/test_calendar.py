"""The national calendar against two independent packages, and its local changes."""

from collections.abc import Iterator
from datetime import date, timedelta

import chinese_calendar
import holidays
import pytest

from regaudit.catalogue.calendar import DAY_KINDS, calendar_version, exceptions, national_calendar
from regaudit.catalogue.calendar.notices import YEAR_END

FIRST, LAST = date(2006, 1, 1), date(2026, 12, 31)


def days() -> Iterator[date]:
    return (FIRST + timedelta(n) for n in range((LAST - FIRST).days + 1))


def workdays() -> dict[date, bool]:
    return dict(national_calendar().select("on_date", "is_workday").iter_rows())


def test_every_day_agrees_with_chinesecalendar() -> None:
    ours = workdays()
    assert [day for day in days() if ours[day] != chinese_calendar.is_workday(day)] == []


def test_every_day_agrees_with_holidays() -> None:
    ours, theirs = workdays(), holidays.country_holidays("CN", years=range(2006, 2027))
    assert [day for day in days() if ours[day] != theirs.is_working_day(day)] == []


def test_it_is_whole_years_without_a_gap_and_ends_with_the_last_published_year() -> None:
    found = national_calendar()["on_date"].to_list()
    assert (found[0].month, found[0].day) == (1, 1)
    assert found == [found[0] + timedelta(n) for n in range(len(found))]
    assert found[-1] == LAST
    with pytest.raises(NotImplementedError):
        chinese_calendar.is_workday(LAST + timedelta(1))


def test_kinds_say_why_a_day_is_worked_or_not() -> None:
    for day, kind, name, is_workday in national_calendar().iter_rows():
        assert kind in DAY_KINDS
        assert is_workday == (kind in ("workday", "makeup"))
        assert (name is not None) == (kind in ("holiday", "makeup"))
        if kind in ("workday", "weekend", "makeup"):
            assert (day.weekday() < 5) == (kind == "workday"), day


def test_every_exception_names_the_notice_of_its_year() -> None:
    for day, source in exceptions().select("on_date", "source").iter_rows():
        assert source.startswith("国务院")
        assert str((day + YEAR_END).year) in source or "70周年" in source, (day, source)


def test_the_version_names_the_last_published_year() -> None:
    assert calendar_version().startswith("2026-")
