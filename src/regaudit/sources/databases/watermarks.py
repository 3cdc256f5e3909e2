"""How far a source has been read, and from where to read on.

A watermark is a local time of the workspace's zone, whatever the column's type: so it can be compared and
bound on every database.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from regaudit.base.errors import RegauditError
from regaudit.base.source_settings import Database
from regaudit.sources.canonical.times import parse_times

_A_SECOND = timedelta(seconds=1)


def since(database: Database, watermark: str | None) -> datetime:
    """Where to read on: the watermark less the overlap, `first_since` without one; a naive local time."""
    first = datetime.combine(database.first_since, time())
    if watermark is None:
        return first
    return max(datetime.fromisoformat(watermark) - timedelta(minutes=database.overlap_minutes), first)


class Highest:
    """The highest time seen in the watermark column.

    A time after `now` does not count: one slip of the pen into next year, and everything until then would
    be passed over.
    """

    def __init__(self, column: str, watermark: str | None, zone: str, now: datetime) -> None:
        self._column, self._zone, self._now = column, ZoneInfo(zone), now
        self._highest = None if watermark is None else datetime.fromisoformat(watermark)
        self._unreadable: object = None
        self._readable = False

    def position(self, names: Sequence[str]) -> int | None:
        """Which column it is; None when there is none to watch. Some databases write names in capitals.

        Raises:
            RegauditError: the result has no such column.
        """
        if not self._column:
            return None
        for wanted, found in (
            (self._column, list(names)),
            (self._column.casefold(), [n.casefold() for n in names]),
        ):
            if wanted in found:
                return found.index(wanted)
        raise RegauditError(f"watermark 列 {self._column} 不在查询结果中:结果的列是 {'、'.join(names)}")

    def see(self, values: Sequence[object]) -> None:
        """Take some values of the column into account; null and text that is no time count for nothing."""
        for value, at in self._local(set(values) - {None}):
            if at is None:
                self._unreadable = value
                continue
            self._readable = True
            if at <= self._now and (self._highest is None or at > self._highest):
                self._highest = at

    def text(self) -> str | None:
        """The new watermark; the old one where nothing higher was seen, None without a column.

        Raises:
            RegauditError: the column holds no times.
        """
        if self._unreadable is not None and not self._readable:
            raise RegauditError(
                f"watermark 列 {self._column} 不是时间(例如 {str(self._unreadable)[:40]!r}):"
                "请选用时间列,或在查询中转换成时间"
            )
        return self._highest.isoformat() if self._column and self._highest is not None else None

    def _local(self, values: Collection[object]) -> Iterator[tuple[object, datetime | None]]:
        """Each value and its local time; None where it is none. Text is read as that of a file is."""
        texts = [value for value in values if isinstance(value, str)]
        yield from zip(texts, _as_times(pl.Series(texts, dtype=pl.String), self._zone.key), strict=True)
        yield from ((value, self._at(value)) for value in values if not isinstance(value, str))

    def _at(self, value: object) -> datetime | None:
        if isinstance(value, datetime):
            return value.astimezone(self._zone).replace(tzinfo=None) if value.tzinfo else value
        return datetime.combine(value, time()) if isinstance(value, date) else None


def behind(
    path: Path, column: str, row_nos: Collection[int], *, zone: str, before: str | None, reached: str | None
) -> str | None:
    """The watermark where some rows wait in quarantine: not beyond the first of them, so that it comes again.

    It never falls behind the one of the night before: from there on those rows were read tonight.

    Args:
        path: the Parquet file of the query's rows.
        column: the watermark column as the result calls it.
        row_nos: the rows that wait, counted from 1.
        zone: of times without an offset.
        before: the watermark of the night before.
        reached: the one without them.
    """
    if reached is None:
        return None
    cells = pl.read_parquet(path, columns=[column]).to_series().gather([no - 1 for no in sorted(row_nos)])
    first = _as_times(cells.unique(), zone).min()
    if not isinstance(first, datetime):
        return reached
    held = min(datetime.fromisoformat(reached), first - _A_SECOND)
    return (held if before is None else max(held, datetime.fromisoformat(before))).isoformat()


def _as_times(texts: pl.Series, zone: str) -> pl.Series:
    """Local times; null where a text is none."""
    stripped = texts.str.strip_chars()
    read = parse_times(stripped.set(stripped == "", None), zone, zone).cast(pl.String)
    days = read.str.to_date("%Y-%m-%d", strict=False).cast(pl.Datetime("us"))
    return read.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", strict=False, time_unit="us").fill_null(days)
