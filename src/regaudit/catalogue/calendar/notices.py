"""A year's holiday notice as a small CSV file: read, and checked day by day.

Columns `date` (日期), `kind` (类别: holiday 放假, makeup 上班), `name` (名称) and, where the notice is to be
named otherwise than by its year, `source` (依据). docs/operations.md describes the format for users.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import polars as pl
from msgspec import Struct

from regaudit.base.errors import RefusedFileError
from regaudit.catalogue.calendar.lines import Line, day_of, read_lines, refuse, twice

CALENDAR_FOLDER = "calendar"
SCHEMA = {"on_date": pl.Date, "kind": pl.String, "name": pl.String, "source": pl.String}
# Days this near before New Year are set by the next year's notice: its first holiday reaches back to them.
YEAR_END = timedelta(days=7)

_COLUMNS = {
    "date": ("date", "on_date", "日期"),
    "kind": ("kind", "类别", "类型"),
    "name": ("name", "名称", "节日"),
    "source": ("source", "依据", "来源"),
}
KIND_WORDS = {
    **dict.fromkeys(("holiday", "放假", "节假日", "休"), "holiday"),
    **dict.fromkeys(("makeup", "上班", "调休上班", "班"), "makeup"),
}
_SATURDAY = 5
# Fixed by the regulation on public holidays itself: a notice without them is no whole year.
_ALWAYS_OFF = ((1, 1, "元旦"), (5, 1, "劳动节"), (10, 1, "国庆节"), (10, 2, "国庆节"), (10, 3, "国庆节"))
# Weekdays off less weekend days worked: 9 to 14 in every year since 2004.
_DAYS_OFF = range(7, 18)


class Notice(Struct, frozen=True):
    """A year's notice: `days` are `on_date` date, `kind` (holiday, makeup), `name`, `source`, in order."""

    year: int
    days: pl.DataFrame


class _Row(NamedTuple):
    row_no: int
    on_date: date
    kind: str
    name: str
    source: str


def read_notice(path: Path, source: str | None = None) -> Notice:
    """Read and check a notice.

    Args:
        path: CSV, UTF-8 (with or without BOM) or GB18030.
        source: what to name as its basis where the file has no such column; else the year's notice.

    Raises:
        RefusedFileError: it is no whole, plausible year; names file, rows and columns.
    """
    mistakes: list[str] = []
    lines = read_lines(path, _COLUMNS, ("date", "kind", "name"), "日历")
    rows = [row for line in lines for row in _row(line, mistakes)]
    refuse(path, mistakes)
    if not rows:
        raise RefusedFileError(
            f"日历文件 {path} 没有一天:请按 date,kind,name 三列逐日填写放假与调休上班的日子"
        )
    year = Counter(notice_year(row.on_date) for row in rows).most_common(1)[0][0]
    refuse(path, [*_mistakes_of_rows(rows, year), *_mistakes_of_year(rows, year)])
    default = source or f"国务院办公厅关于{year}年部分节假日安排的通知"
    columns = [(row.on_date, row.kind, row.name, row.source or default) for row in rows]
    return Notice(year, pl.DataFrame(columns, schema=SCHEMA, orient="row").sort("on_date"))


def notice_year(day: date) -> int:
    """The year whose notice sets a day."""
    return (day + YEAR_END).year


def _row(line: Line, mistakes: list[str]) -> Iterator[_Row]:
    number, cells = line
    day, kind = day_of(cells["date"]), KIND_WORDS.get(cells["kind"].lower())
    if day is None:
        mistakes.append(f"第 {number} 行 date 列:{cells['date']!r} 应写作 2027-01-01")
    if kind is None:
        mistakes.append(f"第 {number} 行 kind 列:{cells['kind']!r} 应为 holiday(放假)或 makeup(上班)")
    if not cells["name"]:
        mistakes.append(f"第 {number} 行 name 列为空:应写节日名称")
    if day and kind and cells["name"]:
        yield _Row(number, day, kind, cells["name"], cells["source"])


def _mistakes_of_rows(rows: list[_Row], year: int) -> Iterator[str]:
    yield from twice([(row.row_no, row.on_date) for row in rows])
    for row in rows:
        place = f"第 {row.row_no} 行 date 列:{row.on_date}"
        if notice_year(row.on_date) != year:
            yield f"{place} 不属于 {year} 年:一个文件只写一年的安排"
        if row.kind == "makeup" and row.on_date.weekday() < _SATURDAY:
            yield f"{place} 是星期{'一二三四五'[row.on_date.weekday()]},本来就上班:调休上班只能在周六、周日"


def _mistakes_of_year(rows: list[_Row], year: int) -> Iterator[str]:
    off = {row.on_date for row in rows if row.kind == "holiday"}
    worked = {row.on_date for row in rows if row.kind == "makeup"}
    for month, day, name in _ALWAYS_OFF:
        on_date = date(year, month, day)
        if on_date in worked or (on_date.weekday() < _SATURDAY and on_date not in off):
            yield f"缺少 {on_date}({name}):该日依法放假,应有一行 kind = holiday"
    weekdays_off = sum(day.weekday() < _SATURDAY for day in off)
    if weekdays_off - len(worked) not in _DAYS_OFF:
        yield (
            f"工作日放假 {weekdays_off} 天、周末上班 {len(worked)} 天,相差 {weekdays_off - len(worked)} 天,"
            f"应在 {_DAYS_OFF[0]} 至 {_DAYS_OFF[-1]} 天之间:请核对是否写全了一年的安排"
        )
