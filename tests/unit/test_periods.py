"""The periods of reports: what they are called, what stands before them."""

from datetime import date

import pytest

from regaudit.base.errors import UsageError
from regaudit.base.periods import Span, parse_period, period_of


@pytest.mark.parametrize(
    ("span", "text", "first", "last", "before", "year_before", "title"),
    [
        ("month", "2026-03", "2026-03-01", "2026-03-31", "2026-02", "2025-03", "2026年3月"),
        ("month", "2024-02", "2024-02-01", "2024-02-29", "2024-01", "2023-02", "2024年2月"),
        ("month", "2026-01", "2026-01-01", "2026-01-31", "2025-12", "2025-01", "2026年1月"),
        ("quarter", "2026Q1", "2026-01-01", "2026-03-31", "2025Q4", "2025Q1", "2026年第一季度"),
        ("quarter", "2026q4", "2026-10-01", "2026-12-31", "2026Q3", "2025Q4", "2026年第四季度"),
        ("year", "2026", "2026-01-01", "2026-12-31", "2025", "2025", "2026年"),
    ],
)
def test_a_period_knows_its_days_and_its_neighbours(
    *, span: Span, text: str, first: str, last: str, before: str, year_before: str, title: str
) -> None:
    period = parse_period(span, text)
    assert (f"{period.first}", f"{period.last}") == (first, last)
    assert (period.before.key, period.year_before.key, period.title) == (before, year_before, title)
    assert period_of(period.key) == period
    assert len(period.trend) == 13
    assert period.trend[-1] == period.months[-1] <= period.last
    assert period.trend[0] == date(period.months[-1].year - 1, period.months[-1].month, 1)


@pytest.mark.parametrize(
    ("span", "text"),
    [
        ("month", "2026-13"),
        ("month", "2026-00"),
        ("month", "2026"),
        ("quarter", "2026Q5"),
        ("quarter", "2026Q0"),
        ("year", "26"),
        ("year", "0001"),
        ("month", "２０２６-03x"),
    ],
)
def test_what_is_no_period_is_told_how_one_is_written(span: Span, text: str) -> None:
    with pytest.raises(UsageError, match="应写作"):
        parse_period(span, text)
