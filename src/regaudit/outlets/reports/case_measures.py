"""The figures of cases in a period: each rate with its numerator and denominator, of three periods."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import polars as pl
from msgspec import Struct

from regaudit.base.periods import Period
from regaudit.outlets.case_counts import SUMS, CaseCounts
from regaudit.outlets.rates import FEWEST, percentile

_OPEN = ("still_open", "late", "paused", "unknown")


class Figure(Struct, frozen=True, kw_only=True):
    """One figure of one period.

    Attributes:
        value: a number of cases or days, or a percentage; None where there is none to be told.
        numerator: of a rate, and of a mean the days together.
        denominator: of a rate; of days, how many cases they are of.
    """

    value: float | int | None
    numerator: int | None = None
    denominator: int | None = None


class Measure(Struct, frozen=True, kw_only=True):
    """One figure of an office, and of a class of limits or of all: now, the period before, the year before.

    Attributes:
        key: tells it apart.
        title: what it is (Chinese).
        unit: `件`, `%` or `工作日`.
        now: of the period; `before` and `year_before` None where the log has nothing of that time.
    """

    key: str
    title: str
    unit: str
    now: Figure
    before: Figure | None
    year_before: Figure | None


class Group(Struct, frozen=True, kw_only=True):
    """The figures of offices and a class of limits; an empty class is all of them together."""

    office: str
    limit_class: str
    measures: list[Measure]


_TITLES: dict[str, tuple[str, str]] = {
    "accepted": ("受理", "件"),
    "closed": ("办结", "件"),
    "on_time": ("按时办结率", "%"),
    "early": ("提前办结率", "%"),
    "median_days": ("办结用时中位数", "工作日"),
    "mean_days": ("办结用时平均数", "工作日"),
    "p90_days": ("办结用时第 90 百分位", "工作日"),
    "late_closed": ("办结已超期", "%"),
    "open": ("期末在办", "件"),
    "late_open": ("期末在办已超期", "%"),
    "paused_open": ("期末停表", "%"),
    "unknown_open": ("期末在办而期限不明", "%"),
    "paused": ("停过表的占办结", "%"),
    "paused_days": ("停表工作日占比", "%"),
    "refused": ("不予登记占办结", "%"),
    "withdrawn": ("撤回占办结", "%"),
    "unknown": ("办结而期限不明", "%"),
}
"""The figures in their order, with title and unit."""


def measure_title(key: str) -> str:
    """What a figure is called."""
    return _TITLES[key][0]


def groups_of(
    counts: CaseCounts,
    still_open: pl.DataFrame,
    period: Period,
    *,
    offices: Sequence[str],
    name: str,
    begins: date | None,
) -> Iterator[Group]:
    """The figures of some offices together, all their classes first.

    Args:
        counts: cases and days of all offices.
        still_open: rows of `report_open.sql` with the classes as people call them.
        period: what is reported.
        offices: whose figures.
        name: what they are put under.
        begins: the first day of which the log has a case; None without any.
    """
    mine = pl.col("office").is_in(list(offices))
    cases, days, waiting = counts.cases.filter(mine), counts.days.filter(mine), still_open.filter(mine)
    classes = sorted({*cases["limit_class"].unique(), *waiting["limit_class"].unique()})
    for limit_class in ["", *classes]:
        wanted = pl.lit(value=True) if not limit_class else pl.col("limit_class") == limit_class
        own = [
            _figures(cases.filter(wanted), days.filter(wanted), waiting.filter(wanted), each, begins)
            for each in (period, period.before, period.year_before)
        ]
        now = own[0] or _measured(dict.fromkeys(SUMS, 0), [], dict.fromkeys(_OPEN, 0))
        yield Group(
            office=name,
            limit_class=limit_class,
            measures=[
                Measure(
                    key=key,
                    title=title,
                    unit=unit,
                    now=now[key],
                    before=own[1][key] if own[1] else None,
                    year_before=own[2][key] if own[2] else None,
                )
                for key, (title, unit) in _TITLES.items()
            ],
        )


def monthly_rates(counts: CaseCounts, months: Sequence[date], offices: Sequence[str]) -> list[dict[str, Any]]:
    """Of each month: how many were closed, how many of those with a due day, and of these on time."""
    mine = counts.cases.filter(pl.col("office").is_in(list(offices)))
    found = []
    for month in months:
        sums = _sums(mine.filter(pl.col("month") == month), SUMS)
        rate = _rate(sums["on_time"], sums["dated"])
        found.append({
            "month": f"{month:%Y-%m}",
            "accepted": sums["accepted"],
            "closed": sums["closed"],
            "on_time": sums["on_time"],
            "dated": sums["dated"],
            "percent": rate.value,
        })  # fmt: skip
    return found


def day_counts(counts: CaseCounts, period: Period, offices: Sequence[str]) -> list[tuple[int, int]]:
    """How many of the cases closed in a period took how many working days."""
    mine = counts.days.filter(pl.col("office").is_in(list(offices)), pl.col("month").is_in(period.months))
    return sorted(mine.group_by("days").agg(pl.col("cases").sum()).iter_rows())


def _figures(
    cases: pl.DataFrame, days: pl.DataFrame, waiting: pl.DataFrame, period: Period, begins: date | None
) -> dict[str, Figure] | None:
    """The figures of a period; None where the log has nothing of that time."""
    if begins is None or period.last < begins:
        return None
    own = days.filter(pl.col("month").is_in(period.months))
    return _measured(
        _sums(cases.filter(pl.col("month").is_in(period.months)), SUMS),
        list(own.group_by("days").agg(pl.col("cases").sum()).iter_rows()),
        _sums(waiting.filter(pl.col("on_date") == period.last), _OPEN),
    )


def _measured(sums: dict[str, int], days: list[tuple[int, int]], ends: dict[str, int]) -> dict[str, Figure]:
    dated, decided, closed = sums["dated"], sums["decided"], sums["closed"]
    total, number = sum(day * cases for day, cases in days), sum(cases for _, cases in days)
    mean = round(total / number, 1) if number else None
    return {
        "accepted": Figure(value=sums["accepted"]),
        "closed": Figure(value=closed),
        "on_time": _rate(sums["on_time"], dated),
        "early": _rate(sums["early"], dated),
        "median_days": Figure(value=percentile(days, 5), denominator=number),
        "mean_days": Figure(value=mean, numerator=total, denominator=number),
        "p90_days": Figure(value=percentile(days, 9), denominator=number),
        "late_closed": _rate(dated - sums["on_time"], dated),
        "open": Figure(value=ends["still_open"]),
        "late_open": _rate(ends["late"], ends["still_open"]),
        "paused_open": _rate(ends["paused"], ends["still_open"]),
        "unknown_open": _rate(ends["unknown"], ends["still_open"]),
        "paused": _rate(sums["paused"], closed),
        "paused_days": _rate(sums["paused_days"], sums["used_days"] + sums["paused_days"]),
        "refused": _rate(sums["refused"], closed),
        "withdrawn": _rate(sums["withdrawn"], closed),
        "unknown": _rate(decided - dated, decided),
    }


def _rate(part: int, whole: int) -> Figure:
    """A percentage of one decimal; of fewer than [10] none is told."""
    value = round(100 * part / whole, 1) if whole >= FEWEST else None
    return Figure(value=value, numerator=part, denominator=whole)


def _sums(table: pl.DataFrame, names: Sequence[str]) -> dict[str, int]:
    return {name: int(table[name].sum() or 0) for name in names}
