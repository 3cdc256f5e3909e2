"""The ledger as the log has it now, for commands, Excel and pages that show it; nothing is locked."""

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

from msgspec import Struct

from regaudit.base.errors import UsageError
from regaudit.base.folded_text import fold
from regaudit.base.settings import Settings, load_settings
from regaudit.catalogue.calendar import national_calendar
from regaudit.catalogue.event_types import NightJudged
from regaudit.catalogue.profiles import load_profile
from regaudit.eventlog.log import EventLog
from regaudit.ledger.entries import read_entries, read_some
from regaudit.ledger.entry import Entry
from regaudit.ledger.people import People, User, read_people
from regaudit.ledger.rows import EntryRow, on_day, row_of, standing_row
from regaudit.ledger.secrecy import bare, is_open_to
from regaudit.ledger.workdays import Calendars, calendars
from regaudit.outlets.ledger_rows import standing_rows


class Wanted(Struct, frozen=True, kw_only=True):
    """Which entries of the ledger are wanted; an empty filter is all.

    Attributes:
        states: shown states, or states beneath a pending appeal.
        mine: the login of somebody whose turn it is.
    """

    states: frozenset[str] = frozenset()
    lights: frozenset[str] = frozenset()
    offices: frozenset[str] = frozenset()
    mine: str = ""

    def takes(self, row: EntryRow) -> bool:
        """Whether a row is wanted, by whomever."""
        return (
            (not self.states or not self.states.isdisjoint((row.state, row.shown_state)))
            and (not self.lights or row.light in self.lights)
            and (not self.offices or (row.office or "") in self.offices)
        )


class LedgerView(Struct, frozen=True, kw_only=True):
    """All entries with what their limits are counted by, and the users.

    Attributes:
        day: the day of lights: today, or that of a night that ran ahead of the clock.
    """

    settings: Settings
    entries: dict[str, Entry]
    people: People
    calendars: Calendars
    day: date

    def user(self, login: str) -> User | None:
        """The user of a login; None where none is named.

        Raises:
            UsageError: there is no such user.
        """
        found = self.people.get(login) if login else None
        if login and found is None:
            raise UsageError(f"没有用户 {login}:请由安全管理员用 regaudit user add 添加")
        return found

    def row(self, entry: Entry, viewer: User | None = None) -> EntryRow:
        """The row of an entry as a viewer may see it."""
        return self.shown(row_of(entry, self.calendars.of(entry.opened.office), self.day), viewer)

    def rows(self, wanted: Wanted, viewer: User | None = None) -> list[EntryRow]:
        """The rows of its entries that are wanted, by number.

        Raises:
            UsageError: there is no user whose turn it might be.
        """
        rows = [
            standing_row(entry, self.calendars.of(entry.opened.office)) for entry in self.entries.values()
        ]
        return self.chosen(rows, wanted, viewer)

    def chosen(self, rows: Iterable[EntryRow], wanted: Wanted, viewer: User | None = None) -> list[EntryRow]:
        """Those of some rows that are wanted, by number, as a viewer may see them today.

        Raises:
            UsageError: there is no user whose turn it might be.
        """
        mine = self.user(wanted.mine)
        found = []
        for standing in sorted(rows, key=_place):
            row = self.shown(on_day(standing, self.day), viewer)
            if wanted.takes(row) and (mine is None or self.is_turn_of(row, mine)):
                found.append(row)
        return found

    def shown(self, row: EntryRow, viewer: User | None) -> EntryRow:
        """A row as a viewer may see it."""
        return row if is_open_to(row, viewer, self.people, self.day) else bare(row)

    def is_open_to(self, entry: Entry, viewer: User | None) -> bool:
        """Whether somebody may see what an entry is about: one that was referred is hidden from its unit."""
        row = standing_row(entry, self.calendars.of(entry.opened.office))
        return is_open_to(row, viewer, self.people, self.day)

    def is_turn_of(self, row: EntryRow, user: User) -> bool:
        """Whether the next limit of an entry, or that of its appeal, is one that somebody has to meet."""
        turns = {row.holder, "leader" if row.appeal_due_on else ""} - {""}
        if "handler" in turns and row.person and row.person == user.person_id:
            return True
        return any(
            acting.held.role in turns
            and (acting.held.role != "handler" or (row.section and not row.person))
            and acting.held.covers(row.office, row.section)
            for acting in self.people.acting(user, self.day)
        )


def read_view(home: Path, now: datetime, numbers: Iterable[str] | None = None) -> LedgerView:
    """The ledger of a workspace.

    Args:
        home: the workspace.
        now: local time.
        numbers: of the entries that are wanted; None: all.

    Raises:
        RegauditError: it is no workspace, or its settings are wrong.
        LogError: the log cannot be read.
    """
    with EventLog(home) as log:
        entries = read_entries(log) if numbers is None else read_some(log, map(fold, numbers))
        return _view(home, log, now, entries)


def read_rows(home: Path, now: datetime, wanted: Wanted | None = None, by: str = "") -> list[EntryRow]:
    """The entries of a workspace as rows, by number; what was referred is hidden but for those who may know.

    Args:
        home: the workspace.
        now: local time.
        wanted: which; None: all.
        by: the login of who looks.

    Raises:
        UsageError: there is no such user.
        RegauditError: as `read_view`.
    """
    with EventLog(home) as log:
        view = _view(home, log, now, {})
        rows = standing_rows(home, log, view.calendars)
    return view.chosen(rows.values(), wanted or Wanted(), view.user(by))


def _view(home: Path, log: EventLog, now: datetime, entries: dict[str, Entry]) -> LedgerView:
    settings = load_settings(home)
    terms = load_profile(settings.profile, home).ledger
    last = log.last_event("nights", NightJudged)
    as_of = now if last is None else max(now, datetime.fromisoformat(last.as_of))
    return LedgerView(
        settings=settings,
        entries=entries,
        people=read_people(log),
        calendars=calendars(settings, national_calendar(home), terms),
        day=as_of.date(),
    )


def _place(row: EntryRow) -> tuple[str, int]:
    """Where an entry stands in a list: serials have four digits and more."""
    series, _, serial = row.entry.rpartition("-")
    return series, int(serial) if serial.isdigit() else 0
