"""Working days of the ledger's limits: a calendar's as long as it is known, the plain week's beyond."""

from datetime import date, timedelta

import pytest

from regaudit.ledger.workdays import WorkingDays

FIRST, END = date(2025, 12, 1), date(2026, 12, 31)
HOLIDAYS = {date(2026, 10, day) for day in range(1, 9)}
MADE_UP = {date(2026, 10, 10)}


def is_worked(day: date) -> bool:
    return day in MADE_UP or (day.weekday() < 5 and day not in HOLIDAYS)


ALL = [day for day in (FIRST + timedelta(n) for n in range(60_000)) if is_worked(day)]
DAYS = WorkingDays([day for day in ALL if day <= END], END)


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 9, 30),
        date(2026, 10, 9),
        date(2026, 12, 30),
        date(2026, 12, 31),
        date(2027, 1, 2),
        date(2062, 3, 10),
        date(2150, 7, 4),
    ],
)
def test_it_counts_as_the_list_of_all_days_does(day: date) -> None:
    later, earlier = [d for d in ALL if d > day][:30], [d for d in ALL if d < day][-30:]
    assert [DAYS.after(day, number) for number in range(1, 31)] == later
    assert [DAYS.before(day, number) for number in range(30, 0, -1)] == earlier
    assert [DAYS.between(day, other) for other in later] == list(range(1, 31))
    assert DAYS.between(later[0], day) == 0
    assert DAYS.after(day, 0) == day


def test_the_year_that_nobody_has_published_is_provisional() -> None:
    assert not DAYS.is_provisional(END)
    assert DAYS.is_provisional(END + timedelta(1))


def test_before_the_calendar_begins_there_is_only_its_first_day() -> None:
    assert DAYS.before(FIRST, 3) == ALL[0]
