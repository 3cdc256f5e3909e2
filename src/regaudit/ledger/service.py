"""The one door of the ledger: every step of a person goes through it, from whichever side it comes."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

from msgspec.structs import replace

from regaudit.audit.workspace import Workspace
from regaudit.base.archive_id import archive_id
from regaudit.base.folded_text import fold
from regaudit.catalogue.calendar import national_calendar
from regaudit.catalogue.event_types import EntryStepped
from regaudit.ledger.clocks import Clock, clocks_of, report_due, window
from regaudit.ledger.entries import read_some
from regaudit.ledger.entry import Entry
from regaudit.ledger.people import People, User, read_people
from regaudit.ledger.request import Author, Outcome, Request
from regaudit.ledger.rights import Asked, RefusedStepError, Standing, extension_verdict, standing
from regaudit.ledger.steps import STEPS, Step
from regaudit.ledger.validity import check_request, last_moment, meanwhile, moment
from regaudit.ledger.workdays import Measure, calendars


class Ledger:
    """The ledger of an opened workspace, for its users.

    Nothing is held while nothing is asked: each step reads what it needs and stores its events under the lock
    of an append.
    """

    def __init__(self, workspace: Workspace) -> None:
        """The ledger of a workspace."""
        self._workspace = workspace
        self.log, self.terms = workspace.log, workspace.profile.ledger
        self.calendars = calendars(workspace.settings, national_calendar(workspace.home), self.terms)

    @property
    def workspace(self) -> Workspace:
        """The workspace, as it was opened."""
        return self._workspace

    @property
    def home(self) -> Path:
        """The workspace."""
        return self._workspace.home

    def take(
        self,
        requests: Mapping[str, Request],
        author: Author,
        *,
        seen: Mapping[str, int] | None = None,
        is_all: bool = True,
    ) -> list[Outcome]:
        """Take steps on entries, each its own event, in one transaction.

        Args:
            requests: what is asked of each entry, by number.
            author: who asks.
            seen: the version of each entry that he has seen; without it, as it is now.
            is_all: one that is refused keeps the others from being taken; else the others are.

        Raises:
            RefusedStepError: with `is_all`, one is refused; nothing was stored.
            LogError: nothing was stored.
        """
        outcomes: list[Outcome] = []

        def make() -> Sequence[EntryStepped]:
            events, outcomes[:] = self._made(requests, author, seen=seen, is_all=is_all)
            return events

        self.log.append_next(make)
        return outcomes

    def preview(
        self, requests: Mapping[str, Request], author: Author, *, seen: Mapping[str, int] | None = None
    ) -> list[Outcome]:
        """What would become of steps if they were taken now; nothing is written."""
        return self._made(requests, author, seen=seen, is_all=False)[1]

    def _made(
        self,
        requests: Mapping[str, Request],
        author: Author,
        *,
        seen: Mapping[str, int] | None,
        is_all: bool,
    ) -> tuple[list[EntryStepped], list[Outcome]]:
        """The events of steps, and what becomes of each.

        Raises:
            RefusedStepError: with `is_all`, one is refused.
        """
        people, entries = read_people(self.log), self.entries(requests)
        # One time for all: while thousands are judged the clock goes on.
        now = self._workspace.now()
        latest = max(now, last_moment(self._workspace))
        events: list[EntryStepped] = []
        outcomes: list[Outcome] = []
        for number, request in requests.items():
            try:
                version = (seen or {}).get(number)
                event = self._event(
                    entries.get(number), request, author, people, seen=version, now=now, latest=latest
                )
            except RefusedStepError as error:
                if is_all:
                    raise RefusedStepError(f"{number}:{error}。未写入任何记录") from error
                outcomes.append(Outcome(entry=number, refused=str(error)))
                continue
            entry = entries[number]
            entry.apply(event)
            events.append(event)
            outcomes.append(Outcome(entry=number, state=entry.shown_state, version=event.originator_version))
        return events, outcomes

    def entries(self, numbers: Iterable[str]) -> dict[str, Entry]:
        """The entries of some numbers, as the log has them now."""
        return read_some(self.log, numbers)

    def clock(self, entry: Entry, day: date) -> Clock | None:
        """The limit of an entry that runs on a day."""
        return clocks_of(entry, self.calendars.of(entry.opened.office)).current(day)

    def _event(
        self,
        entry: Entry | None,
        request: Request,
        author: Author,
        people: People,
        *,
        seen: int | None,
        now: datetime,
        latest: datetime,
    ) -> EntryStepped:
        """The event of a step.

        Raises:
            RefusedStepError: it may not be taken.
        """
        if entry is None:
            raise RefusedStepError("台账中没有这一项")
        if seen is not None and not entry.told_version <= seen <= entry.version:
            raise RefusedStepError(meanwhile(entry, seen))
        # As users' persons are stored: a full-width spelling is nobody else.
        request = replace(request, to=fold(request.to), signed_by=fold(request.signed_by))
        step, measure = STEPS[request.step], self.calendars.of(entry.opened.office)
        user = people.get(author.login)
        if user is None:
            raise RefusedStepError(f"没有用户 {author.login}:请由安全管理员用 regaudit user add 添加")
        at = moment(entry, request, now)
        if step.name == "extend" and not request.verdict:
            request = replace(request, verdict=extension_verdict(entry, user, people, at.date()))
        counts_on = self._counts_on(request, at, now, measure)
        check_request(entry, step, request, at=at, latest=latest, counts_on=counts_on, measure=measure)
        asked = Asked(step, entry, people, at.date(), request.verdict)
        stands = standing(asked, user, signed_by=request.signed_by)
        if stands.is_paper and not request.attachments:
            raise RefusedStepError("书面批准须附上签字的文件(--attach)")
        return self._stepped(entry, request, author, user, stands, at=at, now=now)

    def _stepped(
        self,
        entry: Entry,
        request: Request,
        author: Author,
        user: User,
        stands: Standing,
        *,
        at: datetime,
        now: datetime,
    ) -> EntryStepped:
        measure = self.calendars.of(entry.opened.office)
        step = STEPS[request.step]
        limit = _limit_of(entry, step, measure)
        return EntryStepped(
            entry.id,
            entry.version + 1,
            step=step.name,
            at=at.isoformat(),
            recorded_at=now.isoformat(),
            by=user.login,
            person=request.signed_by or user.person_id,
            role=stands.role,
            for_login=stands.for_login,
            for_person=stands.for_person,
            signed_by=request.signed_by,
            door=author.door,
            system_user=author.system_user,
            machine=author.machine,
            seen_version=entry.version,
            due_on=limit.isoformat() if limit else None,
            is_late=limit is not None and self._counts_on(request, at, now, measure) > limit,
            is_typed_later=self._is_typed_later(at, now, measure),
            text=request.text.strip(),
            attachments=request.attachments,
            archive=archive_id(self.home) if request.attachments else "",
            to=request.to,
            kind=request.kind,
            due=due_set(entry, request, at.date(), measure),
            verdict=request.verdict,
            is_pending=is_first_of_two(entry, request),
            severity=request.severity,
        )

    def _is_typed_later(self, at: datetime, now: datetime, measure: Measure) -> bool:
        return measure.days.between(at.date(), now.date()) > self.terms.late_days

    def _counts_on(self, request: Request, at: datetime, now: datetime, measure: Measure) -> date:
        """The day on which a step counts against a limit: typed late, that of the paper only with it."""
        is_now = self._is_typed_later(at, now, measure) and not request.attachments
        return (now if is_now else at).date()


def _limit_of(entry: Entry, step: Step, measure: Measure) -> date | None:
    """The limit that a step meets or misses."""
    if not step.limit:
        return None
    since = {"dispute": entry.now.since, "appeal": entry.now.weighed_at}.get(step.limit)
    if since is not None:
        return window(entry.now, since, step.limit, measure)
    found = clocks_of(entry, measure)
    if step.limit == "decide":
        return found.appeal.due_on if found.appeal else None
    wanted = {step.limit, "settle"} if step.name == "assign" else {step.limit}
    return next((clock.due_on for clock in found.running if clock.limit in wanted), None)


def is_first_of_two(entry: Entry, request: Request) -> bool:
    """Whether it is the first judgement of its verdict on an entry that is critical, or becomes so by it."""
    if request.step != "judge":
        return False
    pending = entry.now.pending
    if pending is not None:
        return pending.verdict != request.verdict
    return "critical" in (entry.severity, request.severity)


def due_set(entry: Entry, request: Request, on: date, measure: Measure) -> str | None:
    """The day that a step sets: as asked, else the profile's; what is sent back in time keeps its own."""
    if request.due is not None:
        return request.due.isoformat()
    is_return = request.step == "review" and request.verdict == "return"
    if not (is_return or request.step == "demand"):
        return None
    due = report_due(entry.now, measure.days) if is_return else None
    if due is None or due <= on:
        due = measure.days.after(on, measure.terms.limits[entry.now.kind or "by_date"].days)
    return due.isoformat()
