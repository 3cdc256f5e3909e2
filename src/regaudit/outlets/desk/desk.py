"""What the composition root gives to the pages, and what they keep between requests."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from msgspec import Struct

from regaudit.base.errors import RegauditError
from regaudit.base.periods import Period
from regaudit.base.settings import Settings
from regaudit.catalogue.calendar import national_calendar
from regaudit.catalogue.event_types import AccessLine, ReportMade
from regaudit.catalogue.profiles import load_profile
from regaudit.ledger.documents.register import Made
from regaudit.ledger.documents.wording import Kind
from regaudit.ledger.people import People
from regaudit.ledger.request import Author, Opening, Outcome, Request
from regaudit.ledger.users import Users
from regaudit.outlets.case_counts import class_titles
from regaudit.outlets.coverage import Gap
from regaudit.outlets.desk.access import AccessRecord
from regaudit.outlets.desk.case_rights import referred_findings
from regaudit.outlets.desk.current import Current
from regaudit.outlets.desk.departures import Departures
from regaudit.outlets.desk.entry_table import EntryTable
from regaudit.outlets.desk.factors import Factors
from regaudit.outlets.desk.figure_views import Figures, Referred, draw_views, read_figures, read_offices
from regaudit.outlets.desk.imported_days import read_gaps
from regaudit.outlets.desk.kept_counts import KeptCounts
from regaudit.outlets.desk.person_work import PersonWork, read_work
from regaudit.outlets.desk.provider import Provider
from regaudit.outlets.desk.published import Published
from regaudit.outlets.desk.sessions import Sessions
from regaudit.outlets.desk.store import DeskStore
from regaudit.outlets.inspection.examination import Examination, Examined

_REFERRED = """
SELECT rule, office, count(*) AS findings FROM main.findings
WHERE state <> 'gone' AND list_contains($hidden, finding_id) GROUP BY rule, office
"""


class Steps(Protocol):
    """How pages write: each call opens the workspace for itself, waiting only for other appends.

    What is refused raises a `RegauditError`, and nothing was written.
    """

    def take(
        self,
        requests: Mapping[str, Request],
        author: Author,
        *,
        seen: Mapping[str, int] | None = None,
        is_all: bool = True,
        files: Sequence[Path] = (),
    ) -> list[Outcome]:
        """Take steps on entries, as `Ledger.take`; `files` are attached to each of them.

        Documents that come with a step are made as well, where they can be.
        """

    def preview(
        self, requests: Mapping[str, Request], author: Author, *, seen: Mapping[str, int] | None = None
    ) -> list[Outcome]:
        """What would become of steps if they were taken now; nothing is written."""

    def open(self, opening: Opening, author: Author, *, files: Sequence[Path] = ()) -> Outcome:
        """Open an entry by hand, with `files` enclosed."""

    def examine(self, asked: Examination, author: Author) -> Examined:
        """Record what an inspector found in a case; a fault opens an entry."""

    def documents(self, wanted: Mapping[str, Kind | None], author: Author) -> list[Made]:
        """The documents of entries, made where they are not there yet."""

    def prove(self, subject: str) -> bytes:
        """The proof of an entry, as `regaudit prove` writes it."""

    def make_report(self, period: Period, author: Author, office: str, reason: str) -> None:
        """Make the report of a period and an office, or with a reason its correction."""

    def make_zero(self, period: Period, author: Author, office: str) -> None:
        """Make the zero return of a period and an office."""

    def sign_zero(self, period: Period, author: Author, office: str, declared: str) -> None:
        """Have somebody sign the zero return as `zero` or `nonzero`."""

    def report_file(self, event: ReportMade, kind: str) -> bytes:
        """A file of a report: as it was archived, or made again."""

    def change_users(self, author: Author) -> AbstractContextManager[Users]:
        """The users, for who changes them."""

    def record_access(self, lines: Sequence[AccessLine]) -> int:
        """Put what was looked at into the log; returns the version of the event."""


class Desk(Struct, frozen=True, kw_only=True, dict=True):
    """A workspace as its pages have it.

    Attributes:
        home: the workspace.
        settings: its settings as the pages were started with.
        now: local time.
        steps: how pages write.
        machine: the name of this machine, `system_user` of the process.
        hosts: names by which the pages may be asked for beside those of the settings.
    """

    home: Path
    settings: Settings
    now: Callable[[], datetime]
    steps: Steps
    machine: str
    system_user: str
    hosts: tuple[str, ...] = ()

    @cached_property
    def store(self) -> DeskStore:
        """What the pages keep in `desk.sqlite`."""
        return DeskStore(self.home)

    @cached_property
    def sessions(self) -> Sessions:
        """Who is in."""
        return Sessions(self.store, self.settings.desk)

    @cached_property
    def factors(self) -> Factors:
        """The passwords and second factors by which people get in."""
        return Factors(self.home, self.store, self.settings)

    @cached_property
    def provider(self) -> Provider | None:
        """Who else says who somebody is; None: nobody."""
        oidc, zone = self.settings.desk.oidc, ZoneInfo(self.settings.zone)
        if oidc is None:
            return None
        address = self.settings.desk.address
        return Provider(self.home, oidc, address, lambda: self.now().replace(tzinfo=zone).timestamp())

    @cached_property
    def departures(self) -> Departures:
        """Who has been sent there."""
        return Departures(self.store)

    @cached_property
    def access(self) -> AccessRecord:
        """Who looked at what."""
        return AccessRecord(self.store)

    @cached_property
    def published(self) -> Published:
        """The published database of the last night."""
        return Published(self.home)

    @cached_property
    def current(self) -> Current:
        """Users and ledger as the log has them now."""
        return Current(self.home, self.settings, self.published)

    @cached_property
    def entries(self) -> EntryTable:
        """The entries of the ledger as they stand now."""
        return EntryTable(self.home, self.settings, self.current)

    @cached_property
    def offices(self) -> KeptCounts[list[str]]:
        """The offices that there are cases of."""
        return KeptCounts(self.published, read_offices)

    @cached_property
    def gaps(self) -> KeptCounts[list[Gap]]:
        """The days of which there is no data."""
        national = national_calendar(self.home)
        return KeptCounts(self.published, partial(read_gaps, settings=self.settings, national=national))

    @cached_property
    def class_titles(self) -> dict[str, str]:
        """The classes of limits of the profile, as people call them."""
        return class_titles(load_profile(self.settings.profile, self.home))

    @cached_property
    def figures(self) -> KeptCounts[Figures]:
        """What is counted of the last night's cases, steps, findings and entries."""
        count = partial(read_figures, titles=self.class_titles)
        return KeptCounts(self.published, count, partial(draw_views, referred=self.referred))

    def referred(self) -> Referred:
        """The findings that were referred to others, which figures do not count.

        Raises:
            NothingPublishedError: no night has published anything yet.
            LogError: the log cannot be read.
        """
        hidden = referred_findings(self.current.index())
        rows = self.published.kept_rows(_REFERRED, {"hidden": sorted(hidden)}) if hidden else []
        return frozenset((row["rule"], row["office"] or "", row["findings"]) for row in rows)

    @cached_property
    def person_work(self) -> KeptCounts[PersonWork]:
        """What each person did, to hold one against the others of his office."""
        return KeptCounts(self.published, read_work)

    def warm(self) -> None:
        """Count what readers would have to wait for, and draw it."""
        self.entries.standing(self.now())
        with suppress(RegauditError), self.published.open_cases():
            pass
        for counts in (self.offices, self.gaps, self.person_work, self.figures):
            counts.warm()

    def people(self) -> People:
        """The users as the log has them now.

        Raises:
            LogError: the log cannot be read.
        """
        return self.current.people()

    def author(self, login: str, address: str = "") -> Author:
        """A user as who asks through a page, from a browser's address."""
        return Author(
            login=login,
            door="page",
            system_user=self.system_user,
            machine=self.machine,
            address=address,
        )
