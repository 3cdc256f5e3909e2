"""Working days and lights, counted one day after the other."""

from datetime import date, timedelta
from itertools import count

from clock_law import LAST_PUBLISHED, national

DAY = timedelta(1)


def works(day: date) -> bool:
    """Beyond the last published year everybody supposes the plain week."""
    return national(day) if day <= LAST_PUBLISHED else day.weekday() < 5


def later(day: date, number: int) -> date:
    """So many working days later."""
    while number:
        day += DAY
        number -= works(day)
    return day


def worked(first: date, last: date) -> int:
    """Working days after one day, up to another."""
    return sum(works(first + DAY * n) for n in range(1, (last - first).days + 1))


def light_of(name: str, due: date, day: date) -> str:
    """Of one limit."""
    missed = worked(due, day - DAY) if day > due else 0
    steps = missed // 3
    if day <= due:  # '蓝 1 wd before a limit'
        before = next(due - DAY * n for n in count(1) if works(due - DAY * n))
        return "blue" if day >= before else "none"
    if name == "assign":  # 'not assigned in time; 黄: 3 wd after 蓝'
        return ("blue", "yellow", "orange", "red")[min(steps, 3)]
    if name == "answer":  # 'A missed answer is 黄 at most'
        return "yellow"
    return ("yellow", "orange", "red")[min(steps, 2)]
