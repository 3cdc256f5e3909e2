"""Takes a year's notice into a workspace: `calendar/2027.csv`."""

from pathlib import Path
from typing import Literal

import polars as pl
from msgspec import Struct

from regaudit.base.errors import RegauditError
from regaudit.base.in_place import put_in_place
from regaudit.catalogue.calendar.notices import CALENDAR_FOLDER, Notice, read_notice
from regaudit.catalogue.calendar.table import exceptions, national_calendar, own_calendar, published_years

_WORDS = {True: "上班", False: "不上班"}
_MOST_TOLD = 10


class ImportedYear(Struct, frozen=True, kw_only=True):
    """What an import of a notice did.

    `differences` are the days which the calendar so far has otherwise (Chinese); `path` is where the notice
    is kept, None when it said nothing new.
    """

    year: int
    status: Literal["added", "replaced", "unchanged"]
    holidays: int
    makeups: int
    differences: list[str]
    path: Path | None


def import_notice(home: Path, path: Path, *, source: str | None, replace: bool) -> ImportedYear:
    """Check a notice and keep it in the workspace; the next run counts by it.

    Args:
        home: the workspace.
        path: the notice as CSV.
        source: the notice's name, where the file does not give it.
        replace: take it even if a year known already has other days.

    Raises:
        RefusedFileError: the file is no whole, plausible year.
        RegauditError: years between are missing, or the year is known otherwise and `replace` is not set;
            or the workspace has an own calendar.
    """
    if own := own_calendar(home):
        raise RegauditError(f'本工作区按自有日历 {own} 计算(calendar.base = "own"),不用放假通知:请修改该文件')
    notice = read_notice(path, source)
    known = published_years(home)
    if not known[0] <= notice.year <= known[-1] + 1:
        raise RegauditError(
            f"{path} 是 {notice.year} 年的安排,现有日历为 {known[0]}–{known[-1]} 年:"
            f"年份须连续,请先导入 {known[-1] + 1} 年的"
        )
    differences = _differences(home, notice)
    is_known = notice.year in known
    if is_known and differences and not replace:
        raise RegauditError(
            f"{path} 与现有的 {notice.year} 年日历不同:{_listed(differences)}。"
            "请核对通知;确以此文件为准时加 --replace"
        )
    status: Literal["added", "replaced", "unchanged"] = (
        "added" if not is_known else "replaced" if differences else "unchanged"
    )
    counts = notice.days["kind"].to_list()
    return ImportedYear(
        year=notice.year,
        status=status,
        holidays=counts.count("holiday"),
        makeups=counts.count("makeup"),
        differences=differences,
        path=None if status == "unchanged" else _keep(home, notice),
    )


def _differences(home: Path, notice: Notice) -> list[str]:
    """Days of published years that either the notice or the calendar so far has as worked, not both."""
    others = exceptions(home).filter(
        pl.col("on_date").dt.offset_by("7d").dt.year() == notice.year,
        ~pl.col("on_date").is_in(notice.days["on_date"].implode()),
    )
    weekday = pl.col("on_date").dt.weekday() <= 5  # noqa: PLR2004 - ISO: Monday 1 to Friday 5
    says = pl.concat(
        [
            notice.days.select("on_date", is_now=pl.col("kind") == "makeup"),
            others.select("on_date", is_now=weekday),
        ]
    )
    changed = (
        national_calendar(home).join(says, on="on_date").filter(pl.col("is_workday") != pl.col("is_now"))
    )
    return [
        f"{day} 现为{_WORDS[was]},文件为{_WORDS[is_now]}"
        for day, was, is_now in changed.select("on_date", "is_workday", "is_now").sort("on_date").iter_rows()
    ]


def _listed(differences: list[str]) -> str:
    more = f" 等 {len(differences)} 天" if len(differences) > _MOST_TOLD else ""
    return f"{';'.join(differences[:_MOST_TOLD])}{more}"


def _keep(home: Path, notice: Notice) -> Path:
    folder = home / CALENDAR_FOLDER
    folder.mkdir(exist_ok=True)
    kept, draft = folder / f"{notice.year}.csv", folder / f".{notice.year}.csv"
    notice.days.rename({"on_date": "date"}).write_csv(draft)
    return put_in_place(draft, kept)
