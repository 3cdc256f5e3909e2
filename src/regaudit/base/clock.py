"""The only reader of the wall clock; and which night an hour belongs to."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from time import monotonic
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def steady() -> float:
    """Seconds by a clock that nobody can set; it may stand still while the machine sleeps."""
    return monotonic()


def local_time(clock: Clock, zone: str) -> datetime:
    """Now as the wall clock in `zone` shows it: naive, whole seconds, as all times in the tables are."""
    return clock().astimezone(ZoneInfo(zone)).replace(tzinfo=None, microsecond=0)


def night_of(as_of: datetime) -> date:
    """The date of a local time's night: before noon that of the day before, else its own."""
    return (as_of - timedelta(hours=12)).date()


def since_noon(hour: time) -> timedelta:
    """How far an hour lies in its night: nights run from noon to noon, so 00:30 is later than 22:30."""
    return timedelta(hours=(hour.hour - 12) % 24, minutes=hour.minute, seconds=hour.second)
