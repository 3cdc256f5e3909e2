"""How far a source has been read, and from where to read on.

A watermark is a local time of the workspace's zone, whatever the column's type: so it can be compared and
bound on every database.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from regaudit.base.errors import RegauditError
from regaudit.base.source_settings import Database


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
        for value in set(values) - {None}:
            if (at := self._local(value)) is None:
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

    def _local(self, value: object) -> datetime | None:
        if isinstance(value, str):
            try:
                value = datetime.fromisoformat(value.strip())
            except ValueError:
                return None
        if isinstance(value, datetime):
            return value.astimezone(self._zone).replace(tzinfo=None) if value.tzinfo else value
        return datetime.combine(value, time()) if isinstance(value, date) else None
