"""The only reader of the wall clock."""

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def local_time(clock: Clock, zone: str) -> datetime:
    """Now as the wall clock in `zone` shows it: naive, whole seconds, as all times in the tables are."""
    return clock().astimezone(ZoneInfo(zone)).replace(tzinfo=None, microsecond=0)
