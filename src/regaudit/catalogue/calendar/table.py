"""The calendar as a table: the plain week, changed by the shipped and the imported notices; or an own one."""

from datetime import date, timedelta
from functools import cache
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import polars as pl

from regaudit.base.calendar_settings import Calendar
from regaudit.base.errors import RefusedFileError
from regaudit.base.settings import load_calendar
from regaudit.catalogue.calendar.lines import read_content
from regaudit.catalogue.calendar.notices import CALENDAR_FOLDER, SCHEMA, YEAR_END, notice_year, read_notice
from regaudit.catalogue.calendar.own import OwnCalendar, read_own
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
        RegauditError: an imported notice was damaged since, or an own calendar has mistakes.
    """
    calendar, own = _own(home)
    if own and calendar.base == "own":
        return own.marked
    table = _shipped_days()
    for path in _imported(home):
        notice = read_notice(path)
        if notice.year != int(path.stem):
            raise RefusedFileError(f"日历文件 {path} 所写的是 {notice.year} 年:请移走它,重新导入")
        same_year = (pl.col("on_date") + YEAR_END).dt.year() == notice.year
        table = pl.concat([table.filter(~same_year), notice.days])
    return pl.concat([table, own.marked] if own else [table]).sort("on_date")


def national_calendar(home: Path | None = None) -> pl.DataFrame:
    """Every day of every published year, in order.

    Args:
        home: a workspace, for the years imported there too, and for its own calendar where it has one.

    Returns:
        `on_date` date, `kind` (workday, weekend, holiday, makeup), `name` (of the holiday, else null),
        `is_workday` bool.
    """
    return _calendar(home, calendar_version(home))


def published_years(home: Path | None = None) -> range:
    """The years whose every day is known; of an own calendar those that it has days of."""
    calendar, own = _own(home)
    first = own.first if own else _first_shipped()
    last = own.last.year if own and calendar.base == "own" else _last_year(home)
    return range(first.year, last + 1)


def calendar_notices(home: Path, as_of: date) -> list[str]:
    """What the posts must be told (Chinese): this year or, from November on, the next one is not known."""
    needed = as_of.year + (as_of.month >= _NOVEMBER)
    calendar, own = _own(home)
    if own and calendar.base == "own":
        if own.last >= date(needed, 12, 31):
            return []
        return [f"自有日历 {calendar.file} 只写到 {own.last},期限落在其后的业务期限待定:请在该文件中续写"]
    last = _last_year(home)
    if last >= needed:
        return []
    do = "请在通知发布后运行 regaudit calendar import"
    return [f"{last + 1} 年的放假安排尚未导入,期限落在该年的业务期限待定:{do}"]


def calendar_version(home: Path | None = None) -> str:
    """Names the table in every run's record: its last year, and a hash over the files it is made of."""
    calendar, path = _own_path(home)
    own = [] if path is None else [read_content(path)]
    if calendar.base == "own":
        return f"own-{published_years(home)[-1]}-{_hash(own)}"
    return f"{_last_year(home)}-{_hash([_shipped(), *(path.read_bytes() for path in _imported(home)), *own])}"


def own_calendar(home: Path) -> str:
    """The file that the workspace has in the national calendar's place, as its settings name it, or empty."""
    calendar = load_calendar(home)
    return calendar.file if calendar.base == "own" else ""


def _hash(contents: list[bytes]) -> str:
    return sha256(b"".join(contents)).hexdigest()[:12]


@cache
def _calendar(home: Path | None, _version: str) -> pl.DataFrame:
    return (
        _plain(home)
        .join(exceptions(home).drop("source").rename({"kind": "marked"}), on="on_date", how="left")
        .with_columns(kind=pl.coalesce("marked", "kind"))
        .with_columns(is_workday=pl.col("kind").is_in(["workday", "makeup"]))
        .select("on_date", "kind", "name", "is_workday")
        .sort("on_date")
    )


def _plain(home: Path | None) -> pl.DataFrame:
    """Every day by the plain week: `on_date`, `kind` (workday, weekend)."""
    calendar, own = _own(home)
    if own and calendar.base == "own":
        return own.plain
    last = date(_last_year(home), 12, 31)
    is_weekday = pl.col("on_date").dt.weekday() <= _FRIDAY
    plain = pl.DataFrame({"on_date": pl.date_range(_first_shipped(), last, eager=True)}).with_columns(
        kind=pl.when(is_weekday).then(pl.lit("workday")).otherwise(pl.lit("weekend"))
    )
    return pl.concat([own.plain, plain]) if own else plain


def _own(home: Path | None) -> tuple[Calendar, OwnCalendar | None]:
    """The settings of the calendar, and the own one that they name.

    Raises:
        RegauditError: it has mistakes; of the days before the national calendar, it does not lead up to that.
    """
    calendar, path = _own_path(home)
    if path is None:
        return calendar, None
    own = _read_own(path, calendar.file, sha256(read_content(path)).hexdigest())
    if calendar.base == "national" and own.last + timedelta(days=1) != _first_shipped():
        raise RefusedFileError(
            f"日历文件 {path} 写到 {own.last}:国家日历自 {_first_shipped()} 起,"
            f'以前的日子须写到它的前一天为止;要完全代替国家日历,请设 calendar.base = "own"'
        )
    return calendar, own


def _own_path(home: Path | None) -> tuple[Calendar, Path | None]:
    calendar = load_calendar(home) if home else Calendar()
    return calendar, home / calendar.file if home and calendar.file else None


@cache
def _read_own(path: Path, name: str, _sha256: str) -> OwnCalendar:
    return read_own(path, name)


@cache
def _shipped() -> bytes:
    return (projections_dir() / "reference" / "calendar_days.csv").read_bytes()


@cache
def _shipped_days() -> pl.DataFrame:
    return pl.read_csv(BytesIO(_shipped()), schema=SCHEMA)


@cache
def _first_shipped() -> date:
    """The first day of the shipped table's first year."""
    first: date = _shipped_days()["on_date"].to_list()[0]
    return first.replace(month=1, day=1)


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
