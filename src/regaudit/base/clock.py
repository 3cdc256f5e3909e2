"""The only reader of the wall clock; and which night an hour belongs to."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def local_time(clock: Clock, zone: str) -> datetime:
    """Now as the wall clock in `zone` shows it: naive, whole seconds, as all times in the tables are."""
    return clock().astimezone(ZoneInfo(zone)).replace(tzinfo=None, microsecond=0)


def night_of(as_of: datetime) -> date:
    """The date of a local time's night: before noon that of the day before, else its own."""
    return (as_of - timedelta(hours=12)).date()
