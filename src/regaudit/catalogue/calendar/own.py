"""A workspace's own calendar as a CSV file: a weekly pattern, holidays and make-up days, from day to day.

Columns `from` (自), `to` (至; empty: that day alone), `kind` (类别: week 每周, holiday 放假, makeup 上班),
`days` (星期: which days of the week are worked), `name` (名称) and `source` (依据). It covers the days of its
weekly patterns and no others. docs/operations.md describes it for users.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import polars as pl
from msgspec import Struct

from regaudit.base.source_settings import WEEKDAYS
from regaudit.catalogue.calendar.lines import Line, day_of, read_lines, refuse, twice
from regaudit.catalogue.calendar.notices import KIND_WORDS, SCHEMA

_COLUMNS = {
    "from": ("from", "date", "自", "日期"),
    "to": ("to", "至"),
    "kind": ("kind", "类别", "类型"),
    "days": ("days", "星期"),
    "name": ("name", "名称", "节日"),
    "source": ("source", "依据", "来源"),
}
_OWN_KINDS = KIND_WORDS | dict.fromkeys(("week", "每周", "周"), "week")
_WEEK = {name: number for names in (WEEKDAYS, "一二三四五六日") for number, name in enumerate(names)} | {
    "天": 6
}
# No case is older than what can be read as a time, and no notice reaches so far ahead.
_YEARS = range(1949, 2101)
_ONE = timedelta(days=1)


class OwnCalendar(Struct, frozen=True, kw_only=True):
    """What a file says of its days, without a gap from `first` to `last`.

    `plain` has `on_date` and `kind` (workday, weekend) by the weekly patterns; `marked` the days that differ,
    as `Notice.days`.
    """

    first: date
    last: date
    plain: pl.DataFrame
    marked: pl.DataFrame


class _Row(NamedTuple):
    row_no: int
    first: date
    last: date
    kind: str
    worked: frozenset[int]
    name: str
    source: str

    def each(self) -> Iterator[date]:
        return (self.first + n * _ONE for n in range((self.last - self.first).days + 1))


def read_own(path: Path, name: str) -> OwnCalendar:
    """Read and check an own calendar.

    Args:
        path: CSV, UTF-8 (with or without BOM) or GB18030.
        name: what the settings call the file: the basis of rows that name none.

    Raises:
        RefusedFileError: it leaves a day open or says two things of one; names file, rows and columns.
    """
    mistakes: list[str] = []
    lines = read_lines(path, _COLUMNS, ("from", "to", "kind", "days", "name"), "自有日历")
    rows = [row for line in lines for row in _row(line, mistakes)]
    weeks = sorted((row for row in rows if row.kind == "week"), key=lambda row: row.first)
    days = [row for row in rows if row.kind != "week"]
    if not weeks and not mistakes:
        mistakes.append("没有 kind = week(每周)的行:应写明从哪天到哪天、每周哪几天上班")
    refuse(path, mistakes)
    refuse(path, [*_mistakes_of_weeks(weeks), *_mistakes_of_days(days, weeks)])
    plain = [(day, "workday" if day.weekday() in row.worked else "weekend") for row in weeks
             for day in row.each()]  # fmt: skip
    marked = [(day, row.kind, row.name, row.source or f"自有日历 {name}") for row in days
              for day in row.each()]  # fmt: skip
    return OwnCalendar(
        first=weeks[0].first,
        last=weeks[-1].last,
        plain=pl.DataFrame(plain, schema={"on_date": pl.Date, "kind": pl.String}, orient="row"),
        marked=pl.DataFrame(marked, schema=SCHEMA, orient="row").sort("on_date"),
    )


def _row(line: Line, mistakes: list[str]) -> Iterator[_Row]:
    number, cells = line
    kind = _OWN_KINDS.get(cells["kind"].lower())
    first, last = (day_of(cells[column]) for column in ("from", "to"))
    worked = _worked(cells["days"])
    told = len(mistakes)
    if kind is None:
        mistakes.append(
            f"第 {number} 行 kind 列:{cells['kind']!r} 应为 week(每周)、holiday(放假)或 makeup(上班)"
        )
    for column, day in (("from", first), ("to", last)):
        if (day is None and (cells[column] or column == "from")) or (day and day.year not in _YEARS):
            mistakes.append(
                f"第 {number} 行 {column} 列:{cells[column]!r} 应写作 2027-01-01"
                f"({_YEARS[0]} 至 {_YEARS[-1]} 年)"
            )
    if kind == "week" and (not worked or last is None):
        mistakes.append(
            f"第 {number} 行 days 列:{cells['days']!r} 应列出上班的星期,如 一二三四五 或 "
            "mon、tue、wed、thu、fri;to 列应写到哪天为止"
        )
    if kind in ("holiday", "makeup") and (cells["days"] or not cells["name"]):
        mistakes.append(f"第 {number} 行:放假、上班的日子应写 name 列(名称),不写 days 列")
    if first and last and last < first:
        mistakes.append(f"第 {number} 行 to 列:{last} 早于 from 列的 {first}")
    if first and kind and len(mistakes) == told:
        yield _Row(number, first, last or first, kind, worked or frozenset(), cells["name"], cells["source"])


def _worked(text: str) -> frozenset[int] | None:
    """The days of the week that a cell lists, 0 for Monday; None where a word is none."""
    words = text.replace("、", " ").replace(",", " ").lower().split()
    names = [name for word in words for name in ([word] if word in _WEEK else word.replace("周", ""))]
    numbers = [_WEEK.get(name) for name in names]
    return None if None in numbers else frozenset(number for number in numbers if number is not None)


def _mistakes_of_weeks(weeks: list[_Row]) -> Iterator[str]:
    for before, row in pairwise(weeks):
        if row.first <= before.last:
            yield f"第 {row.row_no} 行 from 列:{row.first} 起的每周安排与第 {before.row_no} 行重叠"
        elif row.first > before.last + _ONE:
            yield (
                f"第 {row.row_no} 行 from 列:{before.last + _ONE} 至 {row.first - _ONE} 没有每周安排:"
                "日历中间不能有缺的日子"
            )


def _mistakes_of_days(days: list[_Row], weeks: list[_Row]) -> Iterator[str]:
    yield from twice([(row.row_no, day) for row in days for day in row.each()])
    worked = {day: day.weekday() in week.worked for week in weeks for day in week.each()}
    for row in days:
        for day in row.each():
            if day not in worked:
                yield f"第 {row.row_no} 行 from 列:{day} 不在任何每周安排(kind = week)的期间之内"
            elif row.kind == "makeup" and worked[day]:
                yield f"第 {row.row_no} 行 from 列:{day} 按每周安排本来就上班"
