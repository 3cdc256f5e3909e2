"""What a document says and no step says: frozen in the document's event, so that it can be made again."""

from collections.abc import Iterator
from datetime import date, datetime

from msgspec import Struct

from regaudit.base.settings import Settings
from regaudit.catalogue.event_types import DocumentLimit, EntryDocumented
from regaudit.catalogue.ledger_terms import LIMITS
from regaudit.ledger.clocks import Clock, clocks_of
from regaudit.ledger.documents.kinds import is_urged, version_of
from regaudit.ledger.documents.wording import Kind
from regaudit.ledger.entry import Entry
from regaudit.ledger.people import People
from regaudit.ledger.request import Author
from regaudit.ledger.rights import RefusedStepError
from regaudit.ledger.states import LIGHTS, ROLES, Light
from regaudit.ledger.workdays import Calendars, Measure

_LIGHTS = list(LIGHTS)
_PROVISIONAL = "（节假日安排尚未公布，暂按周一至周五计）"


class Frozen(Struct, frozen=True, kw_only=True):
    """What holds of all documents that are made at once."""

    author: Author
    settings: Settings
    calendars: Calendars
    people: People
    at: datetime
    checkpoint_size: int
    checkpoint: str
    maker: str
    archive: str

    def draft(self, entry: Entry, kind: Kind, document_no: str) -> EntryDocumented:
        """The event of a document, without the PDF's hash and size.

        Raises:
            RefusedStepError: the entry has no such document.
        """
        version, office = version_of(entry, kind), entry.opened.office
        then = Entry(entry.number, (e for e in entry.history if e.originator_version <= version))
        light, urged = self._urged(entry) if kind == "urge" else ("", list[Clock]())
        return EntryDocumented(
            entry.id,
            0,
            document_no=document_no,
            kind=kind,
            of_version=version,
            sha256="",
            size=0,
            archive=self.archive,
            made_at=self.at.isoformat(),
            by=self.author.login,
            door=self.author.door,
            system_user=self.author.system_user,
            machine=self.author.machine,
            office_name=self.settings.office_name(office) if office else "各登记机构",
            names=dict(self._names(then)),
            limits=list(self._limits(then, kind, urged)),
            light=light,
            holder=urged[0].holder if urged else "",
            checkpoint_size=self.checkpoint_size,
            checkpoint=self.checkpoint,
            maker=self.maker,
        )

    def _measure(self, entry: Entry) -> Measure:
        return self.calendars.of(entry.opened.office)

    def _urged(self, entry: Entry) -> tuple[Light, list[Clock]]:
        """The light of an entry that is urged, and the limits that were missed, the worst first.

        Where none was, as after a second return, it is the one that runs.
        """
        found, day = clocks_of(entry, self._measure(entry)), self.at.date()
        light, current = found.light(day), found.current(day)
        if current is None or not is_urged(light):
            raise RefusedStepError(f"{entry.number} 现为{LIGHTS[light]}灯:自黄灯起才制作督办单")
        clocks = [*found.running, *([found.appeal] if found.appeal else [])]
        missed = [clock for clock in clocks if is_urged(clock.light(day))]
        missed.sort(key=lambda clock: _LIGHTS.index(clock.light(day)), reverse=True)
        return light, missed or [current]

    def _names(self, entry: Entry) -> Iterator[tuple[str, str]]:
        """The names of everybody who acted, and of whom it was given to."""
        told = {p.person_id: p.person_name for p in entry.opened.persons if p.person_name}
        for login in sorted({step.by for step in entry.steps} | {self.author.login}):
            user = self.people.get(login)
            if user is not None and user.person_name:
                yield login, user.person_name
        kind, _, person = entry.now.to.partition(":")
        if kind == "person":
            users = self.people.logins_of(person)
            name = told.get(person) or next((user.person_name for user in users if user.person_name), "")
            if name:
                yield person, name

    def _limits(self, entry: Entry, kind: Kind, urged: list[Clock]) -> Iterator[DocumentLimit]:
        measure, now = self._measure(entry), entry.now
        found = clocks_of(entry, measure)
        if kind == "urge":
            yield from (_limit(clock, measure, now.kind, title=_of_holder(clock)) for clock in urged)
        elif kind == "assign":
            answer, judged = found.running
            yield _limit(answer, measure, now.kind, is_set=now.answer_due is not None)
            if not entry.is_final_assignment():
                yield _counted("dispute", now.since.date(), measure)
            yield _limit(judged, measure, now.kind)
        elif kind == "demand":
            [report] = found.running
            days = measure.terms.limits[now.kind or "by_date"].days
            is_set = report.due_on != measure.days.after(now.since.date(), days)
            yield _limit(report, measure, now.kind, is_set=is_set, title="完成整改并报告")
            if now.weighed_at is not None:
                yield _counted("appeal", now.weighed_at.date(), measure)
        elif now.weighed_at is not None:
            yield _counted("appeal", now.weighed_at.date(), measure)


def _limit(
    clock: Clock, measure: Measure, kind: str, *, is_set: bool = False, title: str = ""
) -> DocumentLimit:
    name = kind or "by_date" if clock.limit == "report" else clock.limit
    limit = measure.terms.limits.get(name)
    is_set = is_set or limit is None
    basis = "办理时指定" if is_set or limit is None else limit.basis
    return DocumentLimit(
        title=title or LIMITS.get(clock.limit, clock.limit),
        due_on=clock.due_on.isoformat(),
        days=0 if is_set or limit is None else limit.days,
        basis=basis + (_PROVISIONAL if clock.is_provisional else ""),
    )


def _counted(name: str, since: date, measure: Measure) -> DocumentLimit:
    """A limit that no clock of the entry shows."""
    limit = measure.terms.limits[name]
    due = measure.days.after(since, limit.days)
    is_provisional = measure.days.is_provisional(due)
    return DocumentLimit(
        title=LIMITS[name],
        due_on=due.isoformat(),
        days=limit.days,
        basis=limit.basis + (_PROVISIONAL if is_provisional else ""),
    )


def _of_holder(clock: Clock) -> str:
    """What is late, and who has to do it."""
    titles = {"report": "整改报告", "review_on": "中止的复查"}
    role = ROLES.get(clock.holder, clock.holder)  # type: ignore[call-overload]
    return f"{titles.get(clock.limit) or LIMITS.get(clock.limit, clock.limit)}（{role}）"
