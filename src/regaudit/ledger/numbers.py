"""Numbers of entries: `OFFICE-YEAR-SERIAL`, never given twice, whatever became of the log.

A number may have left the workspace on paper or in a mail before the log lost it. So the next one stands
above every number that anything here remembers; the first after a restored backup leaves a gap.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date
from itertools import islice
from pathlib import Path

import duckdb
from msgspec import DecodeError, Struct, json

from regaudit.base.duck import DatabaseFileError, connect
from regaudit.base.folders import Folders
from regaudit.base.in_place import put_in_place
from regaudit.catalogue.event_types import MismatchAcknowledged
from regaudit.catalogue.events import LogEvent
from regaudit.eventlog.log import ACKNOWLEDGEMENTS, EventLog
from regaudit.ledger.entries import STREAM

ALL = "ALL"
"""Stands for the office of an entry that has none."""
AFTER_RESTORE = 100
"""How far the first number after an acknowledged restore stands above the highest known."""
MAIL_HEADER = "X-Regaudit-Ledger"
"""The header of mails that names the highest number of each office that they tell of."""
_NUMBER = re.compile(r"(?P<series>.+-\d{4})-(?P<serial>\d{4,})")
_LEAST_DIGITS = 4
_MAILS, _HEAD = 20, 8192


class _Note(Struct):
    """The highest numbers of each series: those given, and those that a run took and has not stored yet."""

    given: dict[str, int] = {}
    taken: dict[str, int] = {}


class Numbers:
    """Gives the numbers of one transaction.

    `keep` notes them once it is in the log; `take` before, for a run that shows them first: others then give
    higher ones. What a run had taken that was cut off nobody has seen: the next run takes it.
    """

    def __init__(self, log: EventLog, *, is_run: bool = False) -> None:
        """Of a person's step, or of a run that holds the lock of runs."""
        self._log, self._folders, self._is_run = log, Folders(log.home), is_run
        self._given: dict[str, int] = {}
        self._note = _read_note(self._folders.numbers)

    def next(self, office: str | None, on: date) -> str:
        """The next number of an office in the year of a day."""
        series = f"{office or ALL}-{on.year}"
        if series not in self._given:
            self._given[series] = self._highest(series)
        self._given[series] += 1
        return f"{series}-{self._given[series]:0{_LEAST_DIGITS}}"

    def keep(self) -> None:
        """Note the numbers that were given, outside the store.

        Raises:
            OSError: the note cannot be written.
        """
        if self._given:
            self._put(_Note(_highest(self._note.given, self._given), self._note.taken))

    def take(self) -> None:
        """Note the numbers that are given, before they are stored.

        Raises:
            OSError: the note cannot be written.
        """
        if self._given:
            self._put(_Note(self._note.given, self._given))

    def keep_taken(self) -> None:
        """Note what a run had taken as given, now that its transaction is in the log.

        Raises:
            OSError: the note cannot be written.
        """
        if self._note.taken:
            self._put(_Note(_highest(self._note.given, self._note.taken)))

    def _put(self, note: _Note) -> None:
        draft = self._folders.numbers.with_suffix(".incoming")
        with draft.open("wb") as file:
            file.write(json.encode(note, order="sorted"))
            file.flush()
            os.fsync(file.fileno())
        put_in_place(draft, self._folders.numbers)

    def _highest(self, series: str) -> int:
        streams = self._log.inspection.streams(f"{STREAM}{series}-")
        logged = max(_serials(series, (name.removeprefix(STREAM) for name in streams)), default=0)
        noted = [self._note.given.get(series, 0)]
        noted += [] if self._is_run else [self._note.taken.get(series, 0)]
        known = max([logged, *noted, *_serials(series, self._elsewhere(series))])
        return known + (AFTER_RESTORE if self._is_restored(series, logged) else 0)

    def _elsewhere(self, series: str) -> Iterator[str]:
        """Numbers of a series in what was published, on documents, and in mails that wait."""
        with suppress(DatabaseFileError, OSError):
            if self._folders.database.is_file():
                with connect(self._folders.database, read_only=True) as db:
                    yield from _published(db, series)
        with suppress(OSError):
            yield from (path.name for path in self._folders.documents.glob(f"{series}-*"))
        with suppress(OSError):
            mails = sorted(self._folders.outbox.glob("*.eml"), reverse=True)
            for path in islice(mails, _MAILS):
                with path.open("rb") as file:
                    yield from _in_header(file.read(_HEAD))

    def _is_restored(self, series: str, logged: int) -> bool:
        """Whether somebody acknowledged a restore after the last entry of the series was opened."""
        restored = self._log.events_at(ACKNOWLEDGEMENTS, MismatchAcknowledged)
        if not restored:
            return False
        last = f"{STREAM}{series}-{logged:0{_LEAST_DIGITS}}"
        opened = [position for position, _ in self._log.events_at(last, LogEvent)] if logged else []
        return restored[-1][0] > max(opened[:1], default=0)


def _published(db: duckdb.DuckDBPyConnection, series: str) -> Iterator[str]:
    # What an earlier version published had no entries.
    with suppress(duckdb.CatalogException):
        listed = "SELECT entry FROM main.ledger_entries WHERE starts_with(entry, $series)"
        yield from (number for (number,) in db.execute(listed, {"series": f"{series}-"}).fetchall())


def _serials(series: str, names: Iterable[str]) -> Iterator[int]:
    for name in names:
        found = _NUMBER.match(name)
        if found is not None and found["series"] == series:
            yield int(found["serial"])


def _in_header(head: bytes) -> Iterator[str]:
    for line in head.decode(errors="replace").splitlines():
        if line.startswith(f"{MAIL_HEADER}:"):
            yield from line.partition(":")[2].split()


def _read_note(path: Path) -> _Note:
    try:
        return json.decode(path.read_bytes(), type=_Note)
    except (OSError, DecodeError):
        return _Note()


def _highest(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    """The higher number of each series."""
    return {series: max(one.get(series, 0), other.get(series, 0)) for series in {*one, *other}}
