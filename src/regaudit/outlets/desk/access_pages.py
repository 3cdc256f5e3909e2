"""The access record as its readers see it: the lines that wait and those in the log, the latest first."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from regaudit.catalogue.event_types import AccessLine, AccessRecorded
from regaudit.eventlog.log import EventLog
from regaudit.outlets.desk.access import AccessRecord

STREAM = "access"
KINDS = {
    "view": "查阅",
    "change": "办理",
    "refused": "拒绝",
    "login": "登录",
    "logout": "退出",
    "failed": "登录失败",
    "locked": "暂停登录",
}
"""What each kind of line is called."""
_STEP = 32
MOST = 100_000
"""Lines that are looked through for one page."""


class WantedLines(Struct, frozen=True, kw_only=True):
    """Which lines are wanted; what is empty is all."""

    since: datetime
    until: datetime
    login: str = ""
    kind: str = ""
    text: str = ""

    def takes(self, line: AccessLine) -> bool:
        """Whether a line is wanted."""
        return (
            self.since.isoformat() <= line.at <= self.until.isoformat()
            and (not self.login or line.login == self.login)
            and (not self.kind or line.kind == self.kind)
            and (not self.text or any(self.text in each for each in (line.path, line.address, line.told)))
        )


def find_lines(home: Path, record: AccessRecord, wanted: WantedLines) -> list[AccessLine]:
    """The lines that are wanted, the latest first, of at most `MOST` that were looked through.

    Raises:
        LogError: the log cannot be read.
    """
    lines = [line for _, line in record.waiting()]
    with EventLog(home) as log:
        stored = [line for event in _events(log, wanted.since) for line in event.lines]
    found = [line for line in [*stored, *lines][-MOST:] if wanted.takes(line)]
    return sorted(found, key=lambda line: line.at, reverse=True)


def _events(log: EventLog, since: datetime) -> Iterator[AccessRecorded]:
    """The events whose last lines are not older, found from the end: the stream grows for years."""
    last = log.version(STREAM)
    step = _STEP
    while step < last:
        first = next(log.events(STREAM, AccessRecorded, after=last - step))
        if first.last_at < since.isoformat():
            break
        step *= 2
    return log.events(STREAM, AccessRecorded, after=max(0, last - step))
