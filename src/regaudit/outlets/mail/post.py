"""Puts digests into the outbox and takes them to the mail server, each once.

A mail is written to `outbox/` first and leaves it only after the server took it and the log says so. If
the process dies between the two, the next night sends it again under the same Message-ID. Before it is
written the log has its digest: whoever edits a mail that waits, or lays one there, has nothing sent.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from datetime import datetime
from email.message import EmailMessage
from email.utils import getaddresses
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

from msgspec import Struct

from regaudit.base.errors import KeyFileError, LogError
from regaudit.base.folders import Folders
from regaudit.base.settings import Settings
from regaudit.catalogue.event_types import MailKept, MailSent
from regaudit.eventlog.log import EventLog
from regaudit.outlets.mail.compose import route_for
from regaudit.outlets.mail.digest import Digest
from regaudit.outlets.mail.errors import MailError, PartlyRefusedError
from regaudit.outlets.mail.outbox import Outbox, file_name_part
from regaudit.outlets.mail.render import digest_fingerprint, message_id, render
from regaudit.outlets.mail.smtp import Mailer
from regaudit.outlets.mail.workbook import Book, keep, make_book

OUTBOX_STREAM = "outbox"
NO_RECIPIENT = "supervision@localhost"
"""Who a digest is addressed to when its office has no route: such mails stay in the outbox."""


class Posted(Struct, frozen=True, kw_only=True):
    """What became of a night's mails."""

    sent: int
    kept: int
    already_sent: int
    problems: list[str]


class PostOffice:
    """Delivers the digests of one workspace. The caller holds the run lock.

    Without a log nothing is known of earlier mails, and a mail may be sent twice: rather that than silence.
    """

    def __init__(
        self,
        home: Path,
        settings: Settings,
        log: EventLog | None,
        now: Callable[[], datetime],
        mails: Iterable[MailSent],
        *,
        kept: Iterable[MailKept] = (),
    ) -> None:
        """Deliver for a workspace whose log says that `mails` were delivered before, and `kept` waited."""
        self._home, self._settings, self._log, self._now = home, settings, log, now
        self._folders = Folders(home)
        self._outbox = Outbox(self._folders.outbox)
        self._done = {event.message_id: event.delivery for event in mails}
        self._digests = {event.message_id: event.mail_sha256 for event in kept}
        self._refused: set[str] = set()
        self._problems: list[str] = []
        self._sent = self._kept = self._already = 0

    def deliver(self, digests: Sequence[Digest]) -> Posted:
        """Deliver what earlier nights left behind, then tonight's digests that were not delivered yet.

        Raises:
            LockLostError: another process may deliver the same mails; those before were delivered.
            LockUnprovenError: whether one may cannot be found out.
        """
        with ExitStack() as stack:
            smtp = self._settings.mail.smtp
            mailer = stack.enter_context(Mailer(smtp, self._home)) if smtp.host else None
            if mailer is not None:
                for path in self._outbox.pending():
                    self._retry(path, mailer)
            for digest in digests:
                self._post(digest, mailer)
        return Posted(sent=self._sent, kept=self._kept, already_sent=self._already, problems=self._problems)

    def _post(self, digest: Digest, mailer: Mailer | None) -> None:
        route = route_for(digest.office, self._settings)
        # Whoever heard of the office until a setting changed hears that it did.
        former = digest.report.former_recipients.get(digest.office, [])
        told = [*route.to, *(address for address in former if address not in route.to)]
        recipients = told or [NO_RECIPIENT]
        key = "\n".join([route.name, *recipients])
        identity = message_id(digest.office, key, digest.report.on, digest_fingerprint(digest))
        if identity in self._done:
            self._already += 1
            return
        if identity in self._refused:
            # It waited in the outbox, and has just been tried.
            return
        mail = self._settings.mail
        message = render(
            digest,
            sender=mail.sender,
            to=recipients,
            prefix=mail.subject_prefix,
            message_id=identity,
            sent_at=self._now().replace(tzinfo=ZoneInfo(self._settings.zone)),
            book=self._book(digest),
        )
        night, written = f"{digest.report.on}", sha256(message.as_bytes()).hexdigest()
        if mailer is not None:
            self._record_kept(message, digest.office, night, written)
        self._prove()
        path = self._outbox.put(message, night=digest.report.on, office=digest.office)
        if mailer is None:
            self._record(message, digest.office, night, "outbox", written)
            self._kept += 1
        elif not told:
            self._problems.append(
                f"机构 {digest.office} 没有邮件路由:邮件留在 {path}。请在 regaudit.toml 的 mail.routes 中添加"
            )
            self._kept += 1
        else:
            self._send(message, path, digest.office, night, mailer)

    def _prove(self) -> None:
        """Raise where another process may have the outbox by now."""
        if self._log is not None:
            self._log.prove_locks()

    def _book(self, digest: Digest) -> Book | None:
        """The digest's workbook; one that is too large for a mail lies in `reports/`."""
        name = f"findings-{digest.report.on}-{file_name_part(digest.office)}.xlsx"
        try:
            book = make_book(digest, name)
            if book is not None and not book.is_attached:
                keep(book, self._folders.reports)
        except MailError as error:
            self._problems.append(str(error))
            return None
        return book

    def _retry(self, path: Path, mailer: Mailer) -> None:
        try:
            message, digest = self._outbox.read(path)
        except MailError as error:
            self._problems.append(str(error))
            return
        identity = str(message["Message-ID"])
        how = self._done.get(identity)
        if how == "smtp":
            self._outbox.remove(path)
        elif how is None and NO_RECIPIENT not in str(message["To"]):
            # Without a log nobody knows what was kept: rather a mail that nobody vouches for than silence.
            if self._log is not None and self._digests.get(identity) != digest:
                self._problems.append(_not_ours(path, is_known=identity in self._digests))
                return
            night, office = path.name[:10], path.name[11:].rpartition("-")[0]
            self._send(message, path, office, night, mailer)

    def _send(self, message: EmailMessage, path: Path, office: str, night: str, mailer: Mailer) -> None:
        self._prove()
        try:
            mailer.send(message)
        except PartlyRefusedError as error:
            self._problems.append(str(error))
        except MailError as error:
            self._problems.append(f"{error}。邮件留在 {path},下一晚再发")
            self._refused.add(str(message["Message-ID"]))
            self._kept += 1
            return
        self._record(message, office, night, "smtp")
        self._outbox.remove(path)
        self._sent += 1

    def _record_kept(self, message: EmailMessage, office: str, night: str, digest: str) -> None:
        identity = str(message["Message-ID"])

        def append(log: EventLog) -> None:
            log.append(
                MailKept,
                OUTBOX_STREAM,
                message_id=identity,
                office=office,
                night=night,
                subject=str(message["Subject"]),
                mail_sha256=digest,
                kept_at=self._now().isoformat(),
            )

        self._append(append)
        self._digests[identity] = digest

    def _record(
        self, message: EmailMessage, office: str, night: str, delivery: str, mail_sha256: str = ""
    ) -> None:
        identity = str(message["Message-ID"])

        def append(log: EventLog) -> None:
            log.append(
                MailSent,
                "mails",
                message_id=identity,
                office=office,
                night=night,
                subject=str(message["Subject"]),
                recipients=[address for _, address in getaddresses([str(message["To"])])],
                delivery=delivery,
                sent_at=self._now().isoformat(),
                mail_sha256=mail_sha256,
            )

        self._append(append)
        self._done[identity] = delivery

    def _append(self, append: Callable[[EventLog], None]) -> None:
        """Record a mail; that the log takes nothing more is what the posts have to hear, each cause once."""
        if self._log is None:
            return
        try:
            append(self._log)
        except (LogError, KeyFileError) as error:
            problem = f"邮件已发出或已放入 outbox/,但未能记入日志:{error}"
            if problem not in self._problems:
                self._problems.append(problem)


def _not_ours(path: Path, *, is_known: bool) -> str:
    """Why a mail that waits is not sent, and what to do (Chinese)."""
    why = (
        "与当时存入的不同:存入之后被改动"
        if is_known
        else "不是日志记下的待发邮件:由别人放入,或由较早的版本存入"
    )
    return (
        f"outbox/{path.name} {why}。没有发出;其中内容不可信,请查明谁能写入工作区,"
        "把该文件移出 outbox/ 留存(当晚的结果见 regaudit findings 和分析数据库)"
    )
