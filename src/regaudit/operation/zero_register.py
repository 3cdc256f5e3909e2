"""Makes the zero return of a period, and has it signed: as zero only where nothing speaks against it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from regaudit.audit.workspace import Workspace
from regaudit.base.errors import RegauditError, UsageError
from regaudit.base.periods import Period, period_of
from regaudit.catalogue.event_types import ReportMade
from regaudit.ledger.people import Acting, People, read_people
from regaudit.ledger.request import Author
from regaudit.operation.report_archive import ZERO, Files, MadeReport, ReportArchive, hashes
from regaudit.operation.report_sources import Shelf, check_over, past_shelf, present_shelf
from regaudit.outlets.reports.report_facts import ALL, Sources, encoded
from regaudit.outlets.reports.report_paper import zero_press
from regaudit.outlets.reports.zero_facts import DECLARED, NONZERO, Signature, refusals, zero_facts
from regaudit.outlets.reports.zero_facts import ZERO as _ZERO

SIGNERS = ("post", "leader")
"""The roles that sign a return."""
_SUBSTANCE = ("conditions", "bans", "referred", "unknowns")


class ZeroReturns:
    """The zero returns of an opened workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace, self._archive = workspace, ReportArchive(workspace)

    def make(self, period: Period, author: Author, *, office: str = "") -> list[MadeReport]:
        """The returns of a period: of one office, or of each and of all together.

        One that was signed is given again; one that waits to be signed is made anew where anything of it has
        changed.

        Raises:
            RegauditError: the period is not over, or there is no such office.
            NoPressError: typst or a font is missing.
        """
        with present_shelf(self._workspace) as shelf:
            offices = [office] if office else [*shelf.offices(), ALL]
            known = {each: self._archive.events_of(ZERO, period.key, each)[-1:] for each in offices}
            wanted = [each for each in offices if not (known[each] and known[each][0].declared)]
            made = self._drafted(shelf, period, wanted, author) if wanted else {}
        drafts = {
            each: draft
            for each, draft in made.items()
            if not (known[each] and self._is_same(known[each][0], draft[1]))
        }
        self._archive.record([event for event, _ in drafts.values()])
        return [
            self._archive.put(*drafts[each], is_new=True)
            if each in drafts
            else self._archive.put(known[each][0], self.content(known[each][0]), is_new=False)
            for each in offices
        ]

    def sign(self, period: Period, author: Author, *, office: str, declared: str) -> MadeReport:
        """Have somebody sign the return of an office, or of all (`ALL`).

        Raises:
            RegauditError: he may not, it was signed so already, or a zero is contradicted; the message says
                by what (Chinese), and nothing was written.
        """
        if declared not in (_ZERO, NONZERO):
            raise UsageError(f"签署为 {declared!r} 应为 zero 零报告,或 nonzero 非零报告")
        people = read_people(self._workspace.log)
        acting = signer(people, author.login, office, self._workspace.now())
        last = self._archive.events_of(ZERO, period.key, office)[-1:]
        if last and last[0].declared == declared:
            raise RegauditError(
                f"{period.title}的报告已由 {last[0].by} 于 {last[0].made_at.replace('T', ' ')} "
                f"签署为{DECLARED[declared]}。未写入任何记录"
            )
        with present_shelf(self._workspace) as shelf:
            drafts = self._drafted(shelf, period, [office], author, acting=acting, declared=declared)
        event, files = drafts[office]
        against = refusals(msgspec.json.decode(files["json"])) if declared == _ZERO else []
        if against:
            raise RegauditError(
                f"{period.title} {office} 不能签署为零报告:{''.join(against)}"
                "可以签署为非零(--sign nonzero)。未写入任何记录"
            )
        self._archive.keep(files)
        self._archive.record([event])
        return self._archive.put(event, files, is_new=True)

    def content(self, event: ReportMade) -> Files:
        """The files of a return: their archived copies, or made again from the log.

        Raises:
            RefusedFileError: there is no copy, and what is made again is not the same.
            NoPressError: it would have to be made again, and typst or a font is missing.
        """
        return self._archive.content(event, self._again, zero_press().maker)

    def _again(self, event: ReportMade) -> Files:
        with past_shelf(self._workspace, event.run_no) as shelf:
            sources = shelf.sources(self._workspace, period_of(event.period), event.log_position)
            return self._files(shelf, sources, event)

    def _drafted(
        self,
        shelf: Shelf,
        period: Period,
        offices: Sequence[str],
        author: Author,
        *,
        acting: Acting | None = None,
        declared: str = "",
    ) -> dict[str, tuple[ReportMade, Files]]:
        """New returns with their files; of unsigned ones, archived."""
        check_over(period, shelf.run)
        shelf.check_offices(offices)
        position = self._workspace.log.position()
        sources = shelf.sources(self._workspace, period, position)
        signed: dict[str, Any] = {}
        if acting is not None:
            signed = {
                "person": acting.user.person_id,
                "role": acting.held.role,
                "for_login": acting.for_login,
            }
        drafts = {}
        for office in offices:
            event = self._archive.draft(
                ZERO,
                period,
                office,
                author,
                declared=declared,
                run_no=shelf.run.originator_version,
                log_position=position,
                names=shelf.names(self._workspace.settings),
                maker=zero_press().maker,
                **signed,
            )
            files = self._files(shelf, sources, event)
            if acting is None:
                self._archive.keep(files)
            drafts[office] = replace(event, files=hashes(files)), files
        return drafts

    def _files(self, shelf: Shelf, sources: Sources, event: ReportMade) -> Files:
        facts = zero_facts(
            sources,
            event.office,
            shelf.basis(event),
            bans=shelf.inputs.profile.zero,
            signature=_signature(event, sources.people),
            is_over=check_over(sources.counted.period, shelf.run),
        )
        content = encoded(facts)
        told = msgspec.json.decode(content)
        return {"json": content, "pdf": zero_press().set(told, datetime.fromisoformat(event.made_at))}

    def _is_same(self, event: ReportMade, files: Files) -> bool:
        """Whether a return that waits to be signed says what it would say now."""
        old, new = (msgspec.json.decode(each["json"]) for each in (self.content(event), files))
        return all(old[name] == new[name] for name in _SUBSTANCE)


def signer(people: People, login: str, office: str, now: datetime) -> Acting:
    """As what somebody signs the return of an office, or of all of them (`ALL`).

    Raises:
        UsageError: there is no such user.
        RegauditError: he may not; the message says who may.
    """
    user = people.get(login)
    if user is None:
        raise UsageError(f"没有用户 {login}:请由安全管理员用 regaudit user add 添加")
    for acting in people.acting(user, now.date()):
        if acting.held.role in SIGNERS and acting.held.covers(None if office == ALL else office):
            return acting
    raise RegauditError(
        f"{user.title} 不能签署 {office} 的零报告:由该机构的质量监管岗或中心负责人签署"
        + (",合计的由不限机构的签署" if office == ALL else "")
        + "。未写入任何记录"
    )


def _signature(event: ReportMade, people: People) -> Signature | None:
    if not event.declared:
        return None
    user = people.get(event.by)
    return Signature(
        declared=event.declared,
        by=event.by,
        name=(user.person_name if user else "") or event.by,
        person=event.person,
        role=event.role,
        for_login=event.for_login,
        at=event.made_at,
    )
