"""The working calendar: the import of a notice, and the picture of a year."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

import click
import polars as pl
from rich.markup import escape

from regaudit.base.errors import UsageError
from regaudit.base.folders import Folders
from regaudit.base.settings import Settings, load_settings
from regaudit.catalogue.calendar import (
    ImportedYear,
    calendar_version,
    exceptions,
    import_notice,
    national_calendar,
    own_calendar,
    published_years,
)
from regaudit.cli.help import Menu
from regaudit.cli.options import file_type, home_option, json_option
from regaudit.cli.screen import console, print_json, say
from regaudit.warehouse.reference import ALL_OFFICES, days, own_calendars

_STATUS = {"added": "已导入", "replaced": "已导入,替换原有安排", "unchanged": "与现有日历相同,未作改动"}
_MARKS = {"holiday": "休", "makeup": "班"}
_LOCAL_MARKS = {"holiday": "假", "makeup": "工", "closure": "停"}
_STYLES = {"休": "green", "班": "red", "假": "bold green", "工": "bold red", "停": "bold yellow"}
_CELL = 5
_MONTH = 7 * _CELL
_GAP = 3
_NO_MARK = "  "


@click.group(cls=Menu)
def calendar() -> None:
    """工作日历:show 看一年的放假与调休,import 导入新一年的放假安排。"""


@calendar.command(name="import")
@click.argument("file", metavar="文件", type=file_type)
@click.option("--source", help="通知的名称或文号;默认为“国务院办公厅关于…年部分节假日安排的通知”")
@click.option("--replace", is_flag=True, help="该年已有不同的安排时,以此文件为准")
@home_option
@json_option
def import_(file: Path, source: str | None, home: Path, *, replace: bool, as_json: bool) -> None:
    """导入一年的放假安排(CSV:date,kind,name),下一次运行即按它计算。"""
    load_settings(home)
    result = import_notice(home, file, source=source, replace=replace)
    print_json(result) if as_json else print_imported(result)


@calendar.command(name="show")
@click.argument("year", metavar="年份", type=click.IntRange(min=1900, max=2999))
@click.option("--office", help="这个登记机构的日历,含其本地安排")
@home_option
@json_option
def show_(year: int, office: str | None, home: Path, *, as_json: bool) -> None:
    """一年的日历:放假、调休上班、本地安排,各月工作日数。"""
    is_workspace = Folders(home).settings.is_file()
    settings = load_settings(home) if is_workspace else Settings()
    facts = year_facts(year, office, settings, home if is_workspace else None)
    print_json(facts) if as_json else print_year(facts)


def print_imported(result: ImportedYear) -> None:
    """What an import of a notice did."""
    say(
        f"{result.year} 年:{_STATUS[result.status]}"
        f"(放假 {result.holidays} 天,周末上班 {result.makeups} 天,按文件所列)"
    )
    for text in result.differences:
        say(f"  与原有日历不同:{escape(text)}")
    if result.path:
        say(f"已存于 {escape(str(result.path))};下一次 nightly 或 check 即按它计算期限")


def year_facts(year: int, office: str | None, settings: Settings, home: Path | None) -> dict[str, Any]:
    """A year of the calendar, of an office or common to all: its months, and every day.

    Raises:
        UsageError: the year is not published.
    """
    known = published_years(home)
    if year not in known:
        own = own_calendar(home) if home else ""
        do = f"请在自有日历 {own} 中续写" if own else "通知发布后请用 regaudit calendar import 导入"
        raise UsageError(
            f"没有 {year} 年的日历,现有 {known[0]}–{known[-1]} 年:{do},在此之前期限落在该年的业务期限待定"
        )
    national = national_calendar(home)
    calendar = office if office in own_calendars(settings) else ALL_OFFICES
    plain = national.select("on_date", nationally="kind")
    table = (
        days(settings, national)
        .filter(pl.col("calendar") == calendar, pl.col("on_date").dt.year() == year)
        .join(plain, on="on_date")
        .with_columns(is_local=pl.col("kind") != pl.col("nationally"))
        .select("on_date", "kind", "name", "is_workday", "is_local")
        .sort("on_date")
    )
    rows = table.to_dicts()
    sources = exceptions(home).filter(pl.col("on_date").is_in(table["on_date"].implode()))["source"]
    return {
        "year": year,
        "office": office,
        "version": calendar_version(home),
        "sources": sources.unique(maintain_order=True).to_list(),
        "workdays": sum(row["is_workday"] for row in rows),
        "months": [
            {"month": month, "workdays": sum(row["is_workday"] for row in of_month)}
            for month, of_month in _months(rows)
        ],
        "days": rows,
    }


def print_year(facts: dict[str, Any]) -> None:
    """The months as grids, then the holidays by name, then what is local."""
    whose = f"(机构 {escape(facts['office'])})" if facts["office"] else ""
    say(f"[bold]{facts['year']} 年工作日历[/]{whose}  工作日 {facts['workdays']} 天  版本 {facts['version']}")
    marks = _marks(facts["days"])
    grids = [_grid(month, of_month, marks) for month, of_month in _months(facts["days"])]
    across = max(1, min(4, (console.width + _GAP) // (_MONTH + _GAP)))
    for first in range(0, len(grids), across):
        beside = grids[first : first + across]
        height = max(map(len, beside))
        blank = " " * _MONTH
        for line in range(height):
            say((" " * _GAP).join(grid[line] if line < len(grid) else blank for grid in beside).rstrip())
        say("")
    say(f"休 放假  班 调休上班;本地安排:{'  '.join(('假 放假', '工 上班', '停 停办'))}")
    for text in _holidays(facts["days"]):
        say(escape(text))
    for row in facts["days"]:
        if row["is_local"]:
            say(f"本地:{_day(row['on_date'])} {_LOCAL_MARKS[row['kind']]}({escape(row['name'])})")
    for source in facts["sources"]:
        say(f"依据:{escape(source)}")


def _months(rows: Sequence[dict[str, Any]]) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    for month, of_month in groupby(rows, key=lambda row: row["on_date"].month):
        yield month, list(of_month)


def _runs(rows: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Days off that follow on one another, where there is a national holiday among them."""
    for is_workday, found in groupby(rows, key=lambda row: row["is_workday"]):
        run = list(found)
        if not is_workday and any(row["kind"] == "holiday" and not row["is_local"] for row in run):
            yield run


def _marks(rows: Sequence[dict[str, Any]]) -> dict[date, str]:
    """The mark of each day; a weekend that adjoins a holiday is part of it, as on any wall calendar."""
    marks = {row["on_date"]: "休" for run in _runs(rows) for row in run}
    for row in rows:
        kinds = _LOCAL_MARKS if row["is_local"] else _MARKS
        if row["kind"] in kinds:
            marks[row["on_date"]] = kinds[row["kind"]]
    return marks


def _grid(month: int, rows: Sequence[dict[str, Any]], marks: dict[date, str]) -> list[str]:
    """A month's lines, each `_MONTH` columns wide, with markup."""
    title = f"{month:>2}月  工作日 {sum(row['is_workday'] for row in rows):>2} 天"
    wide = sum(not char.isascii() for char in title)
    lines = [
        f"[bold]{title}[/]" + " " * (_MONTH - len(title) - wide),
        "".join(f" {name}  " for name in "一二三四五六日"),
    ]
    cells = [" " * _CELL] * rows[0]["on_date"].weekday() + [_cell(row, marks) for row in rows]
    cells += [" " * _CELL] * (-len(cells) % 7)
    return lines + ["".join(cells[first : first + 7]) for first in range(0, len(cells), 7)]


def _cell(row: dict[str, Any], marks: dict[date, str]) -> str:
    mark = marks.get(row["on_date"])
    text = f"{row['on_date'].day:>2}{mark or _NO_MARK} "
    style = _STYLES[mark] if mark else "" if row["is_workday"] else "dim"
    return f"[{style}]{text}[/]" if style else text


def _holidays(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """`春节:2月15日至2月23日,9 天;2月14日、2月28日上班`."""
    worked = [row for row in rows if row["kind"] == "makeup" and not row["is_local"]]
    for run in _runs(rows):
        names = list(dict.fromkeys(row["name"] for row in run if row["kind"] == "holiday" and row["name"]))
        first, last = _day(run[0]["on_date"]), _day(run[-1]["on_date"])
        span = first if first == last else f"{first}至{last}"
        makeups = "、".join(_day(row["on_date"]) for row in worked if row["name"] in names)
        yield f"{'、'.join(names)}:{span},{len(run)} 天" + (f";{makeups}上班" if makeups else "")


def _day(on_date: date) -> str:
    return f"{on_date.month}月{on_date.day}日"
