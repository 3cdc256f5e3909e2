"""As-of times as people type them."""

from datetime import date, datetime, time

from regaudit.errors import UsageError


def parse_as_of(text: str | None, now: datetime) -> datetime:
    """A local time: `2026-03-31` is the end of that day, `2026-03-31 18:00` that minute; None is now.

    Raises:
        UsageError: it is neither.
    """
    if text is None:
        return now
    try:
        if len(text) <= len("2026-03-31"):
            return datetime.combine(date.fromisoformat(text), time.max)
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"时间 {text!r} 应写作 2026-03-31 或 2026-03-31 18:00") from error
    if moment.tzinfo is not None:
        raise UsageError(f"时间 {text!r} 应为本地时间,不带时区")
    return moment
