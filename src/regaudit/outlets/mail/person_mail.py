"""A person's digest as a mail, and the letter that the post office delivers."""

from datetime import datetime
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path

import msgspec

from regaudit.base.settings import Mail
from regaudit.outlets.mail.letters import Letter, Posting
from regaudit.outlets.mail.outbox import file_name_part
from regaudit.outlets.mail.person_book import make_person_book
from regaudit.outlets.mail.person_digest import PersonDigest
from regaudit.outlets.mail.person_view import is_capped, make_person_view
from regaudit.outlets.mail.render import Envelope, ledger_headers, make_mail, message_id
from regaudit.outlets.mail.workbook import Book, keep

_IN_LEDGER = "见台账"


def letter_of(digest: PersonDigest, mail: Mail, *, login: str, run_no: int, reports: Path) -> Letter:
    """The mail of one person; a workbook that is too large for it lies in `reports`.

    Args:
        digest: what to tell, with at least one address.
        mail: the settings.
        login: a login of the person, after which files are called.
        run_no: the night's run.
        reports: the folder for workbooks that are too large.
    """
    key = "\n".join(digest.to)
    identity = message_id(f"person {digest.person}", key, digest.night, _fingerprint(digest))
    numbers = digest.entries
    return Letter(
        posting=Posting(night=digest.night.isoformat(), person=digest.person, run_no=run_no, entries=numbers),
        night=digest.night,
        to=digest.to,
        identity=identity,
        name=f"ledger-{login}",
        make=lambda sent_at: _mail(digest, mail, identity, sent_at, _book(digest, login, reports)),
    )


def _mail(
    digest: PersonDigest, mail: Mail, identity: str, sent_at: datetime, book: Book | None
) -> EmailMessage:
    attachment, rest = _book_texts(book)
    view = make_person_view(digest, mail.subject_prefix, attachment=attachment, rest=rest)
    envelope = Envelope(
        sender=mail.sender, to=digest.to, subject=view.subject, message_id=identity, sent_at=sent_at
    )
    headers = ledger_headers(digest.entries)
    if digest.light == "red":
        headers["Importance"] = "high"
    return make_mail(envelope, "person", view, book=book, headers=headers)


def _book(digest: PersonDigest, login: str, reports: Path) -> Book | None:
    if not is_capped(digest):
        return None
    book = make_person_book(digest, f"ledger-{digest.night}-{file_name_part(login)}.xlsx")
    if not book.is_attached:
        keep(book, reports)
    return book


def _book_texts(book: Book | None) -> tuple[str, str]:
    """What the mail says of its workbook, and where those entries stand that have no card."""
    if book is None:
        return "", _IN_LEDGER
    if book.is_attached:
        return f"逐项清单见附件 {book.name}。", f"见附件 {book.name}"
    where = f"工作区的 reports/{book.name}"
    return f"逐项清单文件太大，没有附在邮件里，见{where}。", f"见{where}"


def _fingerprint(digest: PersonDigest) -> str:
    """A hash of all that matters to the reader."""
    content = msgspec.to_builtins(digest)
    content["cards"] = msgspec.to_builtins(digest.ordered)
    return sha256(msgspec.json.encode(content, order="sorted")).hexdigest()
