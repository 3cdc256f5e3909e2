"""As-of times and periods as people type them."""

from datetime import date, datetime, time

from regaudit.base.errors import UsageError


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


def parse_decided(text: str | None, now: datetime, latest: datetime) -> datetime | None:
    """When something was decided that is typed now; None is now.

    Args:
        text: `2026-03-31` is the end of that day, or now if it is today; `2026-03-31 18:00` that minute.
        now: local time.
        latest: the later of now and the last night's as-of time: its day is today, too.

    Raises:
        UsageError: it is neither.
    """
    if text is None:
        return None
    moment = parse_as_of(text, now)
    is_day = len(text) <= len("2026-03-31")
    if is_day and moment.date() == now.date():
        return None
    return latest if is_day and moment.date() == latest.date() else moment


def parse_day(text: str) -> date:
    """A day: `2026-03-31`.

    Raises:
        UsageError: it is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"日期 {text!r} 应写作 2026-03-31") from error


def parse_period(text: str) -> tuple[str, str]:
    """First and last day of `2026-03-01..2026-03-31`, or of `2026-03-01`, as ISO dates.

    Raises:
        UsageError: it is neither, or ends before it begins.
    """
    first, dots, last = text.partition("..")
    try:
        begins, ends = (
            date.fromisoformat(first.strip()),
            date.fromisoformat((last if dots else first).strip()),
        )
    except ValueError as error:
        raise UsageError(f"期间 {text!r} 应写作 2026-03-01..2026-03-31") from error
    if begins > ends:
        raise UsageError(f"期间 {text!r} 的结束早于开始")
    return begins.isoformat(), ends.isoformat()
