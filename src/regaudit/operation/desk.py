"""The desk's composition root: pages read by themselves and write through what is wired here."""

import logging
import platform
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

import msgspec
from msgspec.structs import replace

from regaudit.audit.workspace import Workspace
from regaudit.base.clock import Clock, local_time, system_clock
from regaudit.base.errors import RegauditError
from regaudit.base.parts import how_to_get
from regaudit.base.periods import Period
from regaudit.base.settings import load_settings
from regaudit.catalogue.event_types import AccessLine, AccessRecorded, Attachment, ReportMade
from regaudit.ledger.attachments import attach
from regaudit.ledger.documents.register import Made, Register, papers_of
from regaudit.ledger.documents.wording import KINDS, Kind
from regaudit.ledger.manual import open_entry
from regaudit.ledger.request import Author, Opening, Outcome, Request
from regaudit.ledger.rights import RefusedStepError
from regaudit.ledger.service import Ledger
from regaudit.ledger.users import Users
from regaudit.operation.examinations import examine
from regaudit.operation.open import open_workspace
from regaudit.operation.report_archive import MONTHLY
from regaudit.operation.report_mail import mail_reports
from regaudit.operation.report_register import Reports
from regaudit.operation.user_mail import tell_users, user_notices
from regaudit.operation.zero_register import ZeroReturns
from regaudit.outlets.desk.desk import Desk
from regaudit.outlets.inspection.examination import Examination, Examined
from regaudit.outlets.mail.notices import Notice
from regaudit.proof.proofs import prove

_LOGGER = logging.getLogger("regaudit.desk")


class WorkspaceSteps:
    """How pages write into a workspace: opened for each call, so that nothing is held between them."""

    def __init__(self, home: Path, clock: Clock) -> None:
        self._home, self._clock = home, clock
        # A mail server may take its time: no page waits for it.
        self._courier = ThreadPoolExecutor(1, "notices")

    def take(
        self,
        requests: Mapping[str, Request],
        author: Author,
        *,
        seen: Mapping[str, int] | None = None,
        is_all: bool = True,
        files: Sequence[Path] = (),
    ) -> list[Outcome]:
        """As `desk.Steps.take`."""
        with self._ledger() as (_, ledger):
            attached = self._attached(ledger, requests, author, files, seen, is_all=is_all)
            asked = {
                number: replace(request, attachments=[*request.attachments, *attached])
                for number, request in requests.items()
            }
            outcomes = ledger.take(asked, author, seen=seen, is_all=is_all)
            taken = {each.entry: requests[each.entry].step for each in outcomes if not each.refused}
            wanted = {number: step for number, step in taken.items() if step in KINDS}
            if wanted:
                # What cannot be made now is made by the night, or when it is asked for.
                papers_of(ledger, wanted, author)
        return outcomes

    def _attached(
        self,
        ledger: Ledger,
        requests: Mapping[str, Request],
        author: Author,
        files: Sequence[Path],
        seen: Mapping[str, int] | None,
        *,
        is_all: bool,
    ) -> list[Attachment]:
        """Files in the archive; none is put there for a step that is refused."""
        named = [Attachment(name=path.name, sha256="", size=0) for path in files]
        tried = {number: replace(asked, attachments=named) for number, asked in requests.items()}
        outcomes = ledger.preview(tried, author, seen=seen) if files else []
        refused = [each for each in outcomes if each.refused]
        if refused and (is_all or len(refused) == len(outcomes)):
            raise RefusedStepError(f"{refused[0].entry}:{refused[0].refused}。未写入任何记录")
        return attach(self._home, files)

    def preview(
        self, requests: Mapping[str, Request], author: Author, *, seen: Mapping[str, int] | None = None
    ) -> list[Outcome]:
        """As `desk.Steps.preview`."""
        with self._ledger() as (_, ledger):
            return ledger.preview(requests, author, seen=seen)

    def open(self, opening: Opening, author: Author, *, files: Sequence[Path] = ()) -> Outcome:
        """As `desk.Steps.open`."""
        with self._ledger() as (workspace, ledger):
            return open_entry(workspace, ledger, opening, author, files)

    def examine(self, asked: Examination, author: Author) -> Examined:
        """As `desk.Steps.examine`."""
        with self._ledger() as (workspace, _):
            [outcome] = examine(workspace, [asked], author, is_all=True)
        return outcome

    def documents(self, wanted: Mapping[str, Kind | None], author: Author) -> list[Made]:
        """As `desk.Steps.documents`."""
        with self._ledger() as (_, ledger):
            return Register(ledger).make(wanted, author)

    def prove(self, subject: str) -> bytes:
        """As `desk.Steps.prove`."""
        return msgspec.json.format(msgspec.json.encode(prove(self._home, subject)), indent=1) + b"\n"

    def make_report(self, period: Period, author: Author, office: str, reason: str) -> None:
        """As `desk.Steps.make_report`."""
        with self._ledger() as (workspace, _):
            # What cannot be mailed now is mailed by whoever asks for the report again.
            mail_reports(workspace, Reports(workspace).make(period, author, office=office, reason=reason))

    def make_zero(self, period: Period, author: Author, office: str) -> None:
        """As `desk.Steps.make_zero`."""
        with self._ledger() as (workspace, _):
            ZeroReturns(workspace).make(period, author, office=office)

    def sign_zero(self, period: Period, author: Author, office: str, declared: str) -> None:
        """As `desk.Steps.sign_zero`."""
        with self._ledger() as (workspace, _):
            signed = ZeroReturns(workspace).sign(period, author, office=office, declared=declared)
            mail_reports(workspace, [signed])

    def report_file(self, event: ReportMade, kind: str) -> bytes:
        """As `desk.Steps.report_file`."""
        with self._ledger() as (workspace, _):
            reports = Reports(workspace) if event.kind == MONTHLY else ZeroReturns(workspace)
            return reports.content(event)[kind]

    @contextmanager
    def change_users(self, author: Author) -> Iterator[Users]:
        """As `desk.Steps.change_users`."""
        with self._ledger() as (workspace, _):
            users = Users(workspace, author)
            try:
                yield users
            finally:
                if notices := user_notices(workspace.log, users.appended):
                    self._courier.submit(self._tell, notices)

    def _tell(self, notices: Sequence[Notice]) -> None:
        try:
            with self._ledger() as (workspace, _):
                posted = tell_users(workspace, notices)
        except Exception:
            _LOGGER.exception("用户变更的告知没有发出,下一晚补发")
            return
        for told in (*posted.problems, *posted.notes):
            _LOGGER.warning("%s", told)

    def record_access(self, lines: Sequence[AccessLine]) -> int:
        """As `desk.Steps.record_access`."""
        with self._ledger() as (workspace, _):
            event = workspace.log.append(
                AccessRecorded, "access", first_at=lines[0].at, last_at=lines[-1].at, lines=[*lines]
            )
        return event.originator_version

    @contextmanager
    def _ledger(self) -> Iterator[tuple[Workspace, Ledger]]:
        with open_workspace(self._home, "desk", clock=self._clock, locks=()) as workspace:
            yield workspace, Ledger(workspace)


def make_desk(
    home: Path, *, system_user: str = "", hosts: Sequence[str] = (), clock: Clock = system_clock
) -> Desk:
    """The desk of a workspace.

    Raises:
        RegauditError: it is no workspace, or its settings are wrong.
    """
    settings = load_settings(home)
    if settings.desk.oidc is not None and find_spec("authlib") is None:
        raise RegauditError(f"没有安装 authlib,不能使用 [desk.oidc]:{how_to_get('oidc')}")

    def now() -> datetime:
        return local_time(clock, settings.zone)

    return Desk(
        home=home,
        settings=settings,
        now=now,
        steps=WorkspaceSteps(home, clock),
        machine=platform.node(),
        system_user=system_user,
        hosts=tuple(hosts),
    )
