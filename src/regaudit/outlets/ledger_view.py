"""The ledger as the log has it now, for commands, Excel and pages that show it; nothing is locked."""

from datetime import date, datetime
from pathlib import Path

from msgspec import Struct

from regaudit.base.errors import UsageError
from regaudit.base.settings import Settings, load_settings
from regaudit.catalogue.calendar import national_calendar
from regaudit.catalogue.event_types import NightJudged
from regaudit.catalogue.profiles import load_profile
from regaudit.eventlog.log import EventLog
from regaudit.ledger.entries import read_entries
from regaudit.ledger.entry import Entry
from regaudit.ledger.people import People, User, read_people
from regaudit.ledger.rows import EntryRow, row_of
from regaudit.ledger.secrecy import bare, is_open_to
from regaudit.ledger.workdays import Calendars, calendars


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
        row = row_of(entry, self.calendars.of(entry.opened.office), self.day)
        return row if self.is_open_to(entry, viewer) else bare(row)

    def rows(self, wanted: Wanted, viewer: User | None = None) -> list[EntryRow]:
        """The rows that are wanted, by number.

        Raises:
            UsageError: there is no user whose turn it might be.
        """
        mine = self.user(wanted.mine)
        found = []
        for entry in sorted(self.entries.values(), key=_place):
            row = self.row(entry, viewer)
            if wanted.takes(row) and (mine is None or self.is_turn_of(row, mine)):
                found.append(row)
        return found

    def is_open_to(self, entry: Entry, viewer: User | None) -> bool:
        """Whether somebody may see what an entry is about: one that was referred is hidden from its unit."""
        return is_open_to(entry, viewer, self.people, self.day)

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


def read_view(home: Path, now: datetime) -> LedgerView:
    """The ledger of a workspace.

    Args:
        home: the workspace.
        now: local time.

    Raises:
        RegauditError: it is no workspace, or its settings are wrong.
        LogError: the log cannot be read.
    """
    settings = load_settings(home)
    terms = load_profile(settings.profile, home).ledger
    with EventLog(home) as log:
        last = log.last_event("nights", NightJudged)
        entries, people = read_entries(log), read_people(log)
    as_of = now if last is None else max(now, datetime.fromisoformat(last.as_of))
    return LedgerView(
        settings=settings,
        entries=entries,
        people=people,
        calendars=calendars(settings, national_calendar(home), terms),
        day=as_of.date(),
    )


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
    view = read_view(home, now)
    return view.rows(wanted or Wanted(), view.user(by))


def _place(entry: Entry) -> tuple[str, int]:
    """Where an entry stands in a list: serials have four digits and more."""
    series, _, serial = entry.number.rpartition("-")
    return series, int(serial) if serial.isdigit() else 0
