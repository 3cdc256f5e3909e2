"""Puts digests into the outbox and takes them to the mail server, each once.

A mail is written to `outbox/` first and leaves it only after the server took it and the log says so. If
the process dies between the two, the next night sends it again under the same Message-ID. Recipients whom the
server puts off get it on another night, alone: the file stays for them. Before it is written the log has its
digest: whoever edits a mail that waits, or lays one there, has nothing sent.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from datetime import datetime
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import asdict

from regaudit.base.errors import KeyFileError, LogError
from regaudit.base.folders import Folders
from regaudit.base.settings import Settings
from regaudit.catalogue.event_types import MailKept, MailSent
from regaudit.eventlog.log import EventLog
from regaudit.outlets.mail import delivery_texts
from regaudit.outlets.mail.addresses import parse_addresses
from regaudit.outlets.mail.deliveries import TO_OUTBOX, TO_SERVER, Deliveries
from regaudit.outlets.mail.digest import Digest
from regaudit.outlets.mail.errors import AllRefusedError, MailError
from regaudit.outlets.mail.letters import NO_RECIPIENT, Letter, Posting, posting_of
from regaudit.outlets.mail.office_mail import office_letter
from regaudit.outlets.mail.outbox import Outbox, file_name_part
from regaudit.outlets.mail.smtp import Mailer, Sent, addresses_of
from regaudit.outlets.mail.workbook import Book, keep, make_book

OUTBOX_STREAM = "outbox"


class Posted(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of a night's mails: `kept` wait for somebody, `notes` are told and no failure (Chinese)."""

    sent: int
    kept: int
    already_sent: int
    problems: list[str]
    notes: list[str] = []


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
        self._deliveries = Deliveries(mails)
        self._waiting = {event.message_id: event for event in kept}
        self._refused: set[str] = set()
        self._problems: list[str] = []
        self._notes: list[str] = []
        self._sent = self._kept = self._already = 0

    def deliver(
        self,
        digests: Sequence[Digest],
        letters: Sequence[Letter] = (),
        *,
        run_no: int = 0,
        notices: Sequence[Letter] = (),
    ) -> Posted:
        """Deliver what earlier nights left behind, then tonight's mails that were not delivered yet.

        Letters go first: a digest that has gone out says that they have. One that cannot be made or kept is a
        problem that is told, and then the digests say no such thing.

        Args:
            digests: what the offices are told.
            letters: what persons are told.
            run_no: the night's run, where letters were to be made; 0 where they were not.
            notices: what users should have been told at once; those that were are no news.

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
            for notice in notices:
                if not self._is_known(notice.identity):
                    self._can_post(notice, mailer)
            are_told = [self._can_post(letter, mailer) for letter in letters]
            for digest in digests:
                self._post(self._letter(digest, run_no if all(are_told) else 0), mailer)
        return self._posted()

    def deliver_notices(self, notices: Sequence[Letter]) -> Posted:
        """Deliver notices at once, whoever has the run lock: a night that finds one sends it once more."""
        with ExitStack() as stack:
            smtp = self._settings.mail.smtp
            mailer = stack.enter_context(Mailer(smtp, self._home)) if smtp.host else None
            for notice in notices:
                self._can_post(notice, mailer)
        return self._posted()

    def _is_known(self, identity: str) -> bool:
        """Whether a mail was delivered, or waits here."""
        is_delivered = self._deliveries.is_begun(identity) or self._deliveries.is_in_outbox(identity)
        return is_delivered or self._outbox.has(identity)

    def _posted(self) -> Posted:
        return Posted(
            sent=self._sent,
            kept=self._kept,
            already_sent=self._already,
            problems=self._problems,
            notes=self._notes,
        )

    def _can_post(self, letter: Letter, mailer: Mailer | None) -> bool:
        """Post a letter, and say whether that could be done."""
        try:
            self._post(letter, mailer)
        except MailError as error:
            self._problems.append(f"{letter.posting.title} 的邮件未能发出:{error}")
            return False
        return True

    def _letter(self, digest: Digest, run_no: int) -> Letter:
        """The mail of an office."""
        return office_letter(digest, self._settings, run_no=run_no, book=lambda: self._book(digest))

    def _post(self, letter: Letter, mailer: Mailer | None) -> None:
        identity, posting = letter.identity, letter.posting
        if identity in self._refused:
            # It waited in the outbox, and has just been tried.
            return
        addresses = [address.addr_spec for address in parse_addresses(letter.to or [NO_RECIPIENT])]
        if self._deliveries.is_in_outbox(identity) or not self._deliveries.left(identity, addresses):
            self._already += 1
            return
        message = letter.make(self._now().replace(tzinfo=ZoneInfo(self._settings.zone)))
        written = sha256(message.as_bytes()).hexdigest()
        if mailer is not None:
            self._record_kept(message, posting, written)
        self._prove()
        path = self._outbox.put(message, night=letter.night, office=letter.name)
        if mailer is None:
            self._record(message, posting, TO_OUTBOX, addresses, mail_sha256=written)
            self._kept += 1
        elif not letter.to:
            self._problems.append(
                f"{posting.title} 没有邮件路由:邮件留在 {path}。请在 regaudit.toml 的 mail.routes 中添加"
            )
            self._kept += 1
        else:
            self._send(message, path, posting, mailer)

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
        identity, to = str(message["Message-ID"]), addresses_of(message)
        if self._deliveries.is_begun(identity) and not self._deliveries.left(identity, to):
            self._outbox.remove(path)
        elif not self._deliveries.is_in_outbox(identity) and NO_RECIPIENT not in to:
            # Without a log nobody knows what was kept: rather a mail that nobody vouches for than silence.
            known = self._waiting.get(identity)
            if self._log is not None and (known is None or known.mail_sha256 != digest):
                self._problems.append(delivery_texts.not_ours(path, is_known=known is not None))
                return
            self._send(message, path, posting_of(known, path.name), mailer)

    def _send(self, message: EmailMessage, path: Path, posting: Posting, mailer: Mailer) -> None:
        """Send a mail to those who lack it; the file stays for those whom the server puts off."""
        self._prove()
        identity, to = str(message["Message-ID"]), addresses_of(message)
        try:
            sent = mailer.send(message, self._deliveries.left(identity, to))
        except AllRefusedError as error:
            if not self._deliveries.is_begun(identity):
                self._keep(str(error), identity, path)
                return
            sent = Sent(taken=[], put_off=error.put_off, refused=error.refused)
        except MailError as error:
            self._keep(str(error), identity, path)
            return
        if sent.taken or sent.refused:
            self._record(message, posting, TO_SERVER, sent.taken, refused=list(sent.refused))
        self._sent += bool(sent.taken)
        if sent.is_perhaps_double:
            self._notes.append(delivery_texts.perhaps_double(posting.title, sent.taken))
        if sent.refused:
            self._problems.append(delivery_texts.refused(posting.title, sent))
        if self._deliveries.left(identity, to):
            self._problems.append(delivery_texts.put_off(path, sent))
            self._refused.add(identity)
            self._kept += 1
        else:
            self._outbox.remove(path)

    def _keep(self, why: str, identity: str, path: Path) -> None:
        """Leave a mail where it is for all who lack it."""
        self._problems.append(f"{why}。邮件留在 {path},下一晚再发")
        self._refused.add(identity)
        self._kept += 1

    def _record_kept(self, message: EmailMessage, posting: Posting, digest: str) -> None:
        def append(log: EventLog) -> None:
            event = log.append(
                MailKept,
                OUTBOX_STREAM,
                **_facts(message, posting),
                mail_sha256=digest,
                kept_at=self._now().isoformat(),
            )
            self._waiting[event.message_id] = event

        self._append(append)

    def _record(
        self,
        message: EmailMessage,
        posting: Posting,
        delivery: str,
        recipients: list[str],
        *,
        refused: Sequence[str] = (),
        mail_sha256: str = "",
    ) -> None:
        identity = str(message["Message-ID"])

        def append(log: EventLog) -> None:
            log.append(
                MailSent,
                "mails",
                **_facts(message, posting),
                recipients=recipients,
                delivery=delivery,
                sent_at=self._now().isoformat(),
                mail_sha256=mail_sha256,
                refused=list(refused),
            )

        self._append(append)
        self._deliveries.add(identity, [*recipients, *refused], delivery)

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


def _facts(message: EmailMessage, posting: Posting) -> dict[str, Any]:
    """What the log keeps of every mail."""
    facts = {**asdict(posting), "entries": list(posting.entries)}
    return {"message_id": str(message["Message-ID"]), "subject": str(message["Subject"]), **facts}
