"""The periods that reports are about: a month, a quarter, a year."""

import re
from datetime import date, timedelta
from typing import Literal

from msgspec import Struct

from regaudit.base.errors import UsageError

Span = Literal["month", "quarter", "year"]
SPANS: dict[Span, tuple[int, str]] = {"month": (1, "月"), "quarter": (3, "季"), "year": (12, "年")}
"""How many months each has, and what people call it."""
_WRITTEN = {"month": r"(\d{4})-(\d\d)", "quarter": r"(\d{4})[Qq]([1-4])", "year": r"(\d{4})()"}
_LIKE = {"month": "2026-03", "quarter": "2026Q1", "year": "2026"}
_MONTHS = 12
_EARLIEST = 1900


class Period(Struct, frozen=True, order=True):
    """Some months: `first` and `last` are its first and last day."""

    first: date
    span: Span

    @property
    def months(self) -> list[date]:
        """The first days of its months."""
        return [_later(self.first, number) for number in range(SPANS[self.span][0])]

    @property
    def last(self) -> date:
        """Its last day."""
        return _later(self.first, SPANS[self.span][0]) - timedelta(1)

    @property
    def key(self) -> str:
        """How it is written in commands and file names: `2026-03`, `2026Q1`, `2026`."""
        if self.span == "month":
            return f"{self.first:%Y-%m}"
        return (
            f"{self.first.year}Q{self.first.month // 3 + 1}" if self.span == "quarter" else f"{self.first:%Y}"
        )

    @property
    def title(self) -> str:
        """What people call it."""
        if self.span == "month":
            return f"{self.first.year}年{self.first.month}月"
        if self.span == "quarter":
            return f"{self.first.year}年第{'一二三四'[self.first.month // 3]}季度"
        return f"{self.first.year}年"

    @property
    def word(self) -> str:
        """月, 季 or 年: as in 月末."""
        return SPANS[self.span][1]

    @property
    def before(self) -> "Period":
        """The one before it."""
        return Period(_later(self.first, -SPANS[self.span][0]), self.span)

    @property
    def year_before(self) -> "Period":
        """The same one of the year before."""
        return Period(_later(self.first, -_MONTHS), self.span)

    @property
    def trend(self) -> list[date]:
        """The first days of the 13 months that end with it."""
        return [_later(self.months[-1], number) for number in range(-_MONTHS, 1)]


def parse_period(span: Span, text: str) -> Period:
    """The period that somebody wrote.

    Raises:
        UsageError: it is not written as it should be, or there is no such month.
    """
    match = re.fullmatch(_WRITTEN[span], text.strip())
    year, part = (int(match[1]), int(match[2] or 1)) if match else (0, 0)
    month = part if span == "month" else 3 * part - 2
    if year < _EARLIEST or not 1 <= month <= _MONTHS:
        raise UsageError(f"期间 {text!r} 应写作 {_LIKE[span]}")
    return Period(date(year, month, 1), span)


def period_of(key: str) -> Period:
    """The period of a key.

    Raises:
        UsageError: there is none.
    """
    span: Span = "quarter" if "Q" in key else "month" if "-" in key else "year"
    return parse_period(span, key)


def _later(first: date, months: int) -> date:
    """The first day of a month so many months later."""
    number = first.year * _MONTHS + first.month - 1 + months
    return date(number // _MONTHS, number % _MONTHS + 1, 1)
