"""The calendar as a table: the plain week, changed by the shipped and the imported notices."""

from datetime import date
from functools import cache
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import polars as pl

from regaudit.base.errors import RefusedFileError
from regaudit.catalogue.calendar.notices import CALENDAR_FOLDER, SCHEMA, YEAR_END, notice_year, read_notice
from regaudit.catalogue.content import projections_dir

DAY_KINDS = {
    "workday": "工作日",
    "weekend": "周末",
    "holiday": "节假日",
    "makeup": "调休上班",
    "closure": "停办",
}
_FRIDAY = 5
_NOVEMBER = 11


def exceptions(home: Path | None = None) -> pl.DataFrame:
    """Days that differ from the plain week: `on_date` date, `kind` (holiday, makeup), `name`, `source`.

    A year imported into the workspace `home` takes the place of the same year in the shipped table.

    Raises:
        RefusedFileError: an imported notice was damaged since.
    """
    table = _shipped_days()
    for path in _imported(home):
        notice = read_notice(path)
        if notice.year != int(path.stem):
            raise RefusedFileError(f"日历文件 {path} 所写的是 {notice.year} 年:请移走它,重新导入")
        same_year = (pl.col("on_date") + YEAR_END).dt.year() == notice.year
        table = pl.concat([table.filter(~same_year), notice.days])
    return table.sort("on_date")


def national_calendar(home: Path | None = None) -> pl.DataFrame:
    """Every day of every published year, in order.

    Args:
        home: a workspace, for the years imported there too.

    Returns:
        `on_date` date, `kind` (workday, weekend, holiday, makeup), `name` (of the holiday, else null),
        `is_workday` bool.
    """
    return _calendar(home, calendar_version(home))


def published_years(home: Path | None = None) -> range:
    """The years whose every day is known."""
    return range(_shipped_days()["on_date"].to_list()[0].year, _last_year(home) + 1)


def calendar_notices(home: Path, as_of: date) -> list[str]:
    """What the posts must be told (Chinese): this year or, from November on, the next one is not known."""
    last = _last_year(home)
    if last >= as_of.year + (as_of.month >= _NOVEMBER):
        return []
    do = "请在通知发布后运行 regaudit calendar import"
    return [f"{last + 1} 年的放假安排尚未导入,期限落在该年的业务期限待定:{do}"]


def calendar_version(home: Path | None = None) -> str:
    """Names the table in every run's record: its last year, and a hash over the files it is made of."""
    contents = [_shipped(), *(path.read_bytes() for path in _imported(home))]
    return f"{_last_year(home)}-{sha256(b''.join(contents)).hexdigest()[:12]}"


@cache
def _calendar(home: Path | None, _version: str) -> pl.DataFrame:
    marked = exceptions(home)
    first = marked["on_date"].dt.year().to_list()[0]
    last = int(_version.partition("-")[0])
    days = pl.date_range(date(first, 1, 1), date(last, 12, 31), eager=True).alias("on_date").to_frame()
    is_weekday = pl.col("on_date").dt.weekday() <= _FRIDAY
    plain = pl.when(is_weekday).then(pl.lit("workday")).otherwise(pl.lit("weekend"))
    return (
        days.join(marked.drop("source"), on="on_date", how="left")
        .with_columns(kind=pl.coalesce("kind", plain))
        .with_columns(is_workday=pl.col("kind").is_in(["workday", "makeup"]))
        .select("on_date", "kind", "name", "is_workday")
        .sort("on_date")
    )


@cache
def _shipped() -> bytes:
    return (projections_dir() / "reference" / "calendar_days.csv").read_bytes()


@cache
def _shipped_days() -> pl.DataFrame:
    return pl.read_csv(BytesIO(_shipped()), schema=SCHEMA)


@cache
def _last_shipped_year() -> int:
    return notice_year(max(_shipped_days()["on_date"].to_list()))


def _last_year(home: Path | None) -> int:
    return max([_last_shipped_year(), *(int(path.stem) for path in _imported(home))])


def _imported(home: Path | None) -> list[Path]:
    """The workspace's notices by year.

    Raises:
        RefusedFileError: there is a year between the shipped and an imported one that nobody knows.
    """
    paths = sorted((home / CALENDAR_FOLDER).glob("[0-9][0-9][0-9][0-9].csv")) if home else []
    later = [path for path in paths if int(path.stem) > _last_shipped_year()]
    for year, path in enumerate(later, start=_last_shipped_year() + 1):
        if int(path.stem) != year:
            raise RefusedFileError(f"日历文件 {path} 之前缺少 {year} 年:请先导入 {year} 年的放假安排")
    return paths
