"""Users and ledger as the log has them now: kept in memory, and only what is new in the log is read."""

import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path

from regaudit.base.duck import DatabaseFileError
from regaudit.base.settings import Settings
from regaudit.catalogue.calendar import national_calendar
from regaudit.catalogue.profiles import load_profile
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.stores import change_mark
from regaudit.ledger.people import STREAM, People, read_people
from regaudit.ledger.rows import EntryRow
from regaudit.ledger.workdays import Calendars, calendars
from regaudit.outlets.desk.entry_index import EntryIndex
from regaudit.outlets.desk.published import NothingPublishedError, Published
from regaudit.outlets.ledger_rows import folded_rows, rows_in, touched_since
from regaudit.outlets.ledger_view import LedgerView

_NO_RUN = -1


class Current:
    """What pages look up most often, by all threads alike."""

    def __init__(self, home: Path, settings: Settings, published: Published) -> None:
        self._home, self._settings, self._published = home, settings, published
        self._people, self._people_upto = People(), -1
        self._rows: dict[str, EntryRow] = {}
        self._rows_upto, self._stamp, self._is_read = 0, published.stamp, False
        self._people_mark: object = None
        self._rows_mark: object = None
        self._index: EntryIndex | None = None
        self._calendars: Calendars | None = None
        self._of_people, self._of_rows = threading.Lock(), threading.Lock()

    def people(self) -> People:
        """The users.

        Raises:
            LogError: the log cannot be read.
        """
        with self._of_people:
            mark = change_mark(self._home, self._settings.store)
            if mark is None or mark != self._people_mark:
                self._read_people()
                self._people_mark = mark
            return self._people

    def rows(self) -> Mapping[str, EntryRow]:
        """Every entry by its number, whatever the day: `rows.on_day` says how it stands on one.

        Raises:
            LogError: the log cannot be read.
        """
        with self._of_rows:
            mark, stamp = change_mark(self._home, self._settings.store), self._published.stamp
            if mark is None or mark != self._rows_mark or stamp != self._stamp:
                self._read_rows(stamp)
                self._rows_mark = mark
            return self._rows

    def index(self) -> EntryIndex:
        """Every entry by its case and by its findings.

        Raises:
            LogError: the log cannot be read.
        """
        rows, known = self.rows(), self._index
        if known is None or known.rows is not rows:
            self._index = known = EntryIndex.of(rows)
        return known

    def view(self, day: date) -> LedgerView:
        """What says of a row, on a day, whose turn it is and who may see it.

        Raises:
            LogError: the log cannot be read.
        """
        return LedgerView(
            settings=self._settings, entries={}, people=self.people(), calendars=self._measured(), day=day
        )

    def _read_people(self) -> None:
        with EventLog(self._home) as log:
            position = log.position()
            if self._people_upto < 0 or log.events_of(STREAM, after=self._people_upto, upto=position):
                self._people = read_people(log)
            self._people_upto = position

    def _read_rows(self, stamp: tuple[int, int, int] | None) -> None:
        with EventLog(self._home) as log:
            position = log.position()
            if not self._is_read or stamp != self._stamp:
                self._calendars = None
                self._read_anew(log, position)
                self._stamp, self._is_read = stamp, True
            elif touched := touched_since(log, self._rows_upto, run_no=_NO_RUN, upto=position):
                # Whoever holds the rows as they were is not disturbed.
                self._rows = self._rows | folded_rows(log, touched, self._measured())
            self._rows_upto = position

    def _read_anew(self, log: EventLog, position: int) -> None:
        found = self._published_rows()
        if found is None:
            self._rows = folded_rows(log, None, self._measured())
            return
        rows, run_no, read_upto = found
        hidden = {number for number, row in rows.items() if row.state == "referred"}
        touched = touched_since(log, read_upto, run_no=run_no, upto=position)
        self._rows = rows | folded_rows(log, touched | hidden, self._measured())

    def _published_rows(self) -> tuple[dict[str, EntryRow], int, int] | None:
        with suppress(NothingPublishedError, DatabaseFileError), self._published.open() as db:
            return rows_in(db)
        return None

    def _measured(self) -> Calendars:
        """What limits are counted by; read anew with each night."""
        found = self._calendars
        if found is None:
            terms = load_profile(self._settings.profile, self._home).ledger
            found = self._calendars = calendars(self._settings, national_calendar(self._home), terms)
        return found
