"""A digest as a mail: text and HTML of the same content, and what makes two mails the same mail."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from typing import Any

import css_inline
import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from regaudit.base.folded_text import visible
from regaudit.ledger.numbers import MAIL_HEADER
from regaudit.outlets.mail.addresses import parse_address, parse_addresses
from regaudit.outlets.mail.digest import Digest, Seal
from regaudit.outlets.mail.view import IN_DATABASE, make_view
from regaudit.outlets.mail.workbook import Book

CHECKPOINT_FILE = "checkpoint.txt"
"""The attachment with the log's signed note."""
_XLSX = "vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_OF_THE_RUN = {"as_of", "run_no", "log_position", "seal", "events_appended"}


def render(
    digest: Digest,
    *,
    sender: str,
    to: list[str],
    prefix: str,
    message_id: str,
    sent_at: datetime,
    book: Book | None = None,
) -> EmailMessage:
    """The mail of `digest`, byte for byte the same for the same arguments.

    Args:
        digest: what to tell.
        sender: `mail.sender`, an address with or without a name.
        to: the recipients' addresses.
        prefix: what opens the subject, `mail.subject_prefix`.
        message_id: as made by `message_id`.
        sent_at: the `Date` of the mail, with its offset.
        book: the workbook of all new and open findings: attached where a mail has room for it, else named.

    Raises:
        MailError: there is no recipient, or an address is malformed.
    """
    attachment, rest = _book_texts(book)
    view = make_view(digest, prefix, attachment=attachment, rest=rest)
    envelope = Envelope(sender=sender, to=to, subject=view.subject, message_id=message_id, sent_at=sent_at)
    headers = ledger_headers(digest.ledger.highest if digest.ledger else [])
    if not digest.is_whole:
        headers["Importance"] = "high"
    return make_mail(envelope, "digest", view, note=digest.report.seal, book=book, headers=headers)


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """What stands at the head of a mail: `sender` and `to` are addresses, `sent_at` has its offset."""

    sender: str
    to: list[str]
    subject: str
    message_id: str
    sent_at: datetime


def make_mail(
    envelope: Envelope,
    template: str,
    view: Any,
    *,
    note: Seal | None = None,
    book: Book | None = None,
    headers: Mapping[str, str],
) -> EmailMessage:
    """A mail of a view, laid out by `<template>.txt.j2` and `<template>.html.j2`.

    Raises:
        MailError: there is no recipient, or an address is malformed.
    """
    text, html = (
        _environment().get_template(f"{template}.{part}.j2").render(view=view) for part in ("txt", "html")
    )
    message = EmailMessage(policy=SMTP)
    address = parse_address(envelope.sender, "mail.sender")
    message.set_raw("From", f"{_encoded('From', address.display_name)}<{address.addr_spec}>")
    message["To"] = parse_addresses(envelope.to)
    message.set_raw("Subject", _encoded("Subject", visible(envelope.subject)).rstrip())
    message["Date"] = envelope.sent_at
    message["Message-ID"] = envelope.message_id
    message["Auto-Submitted"] = "auto-generated"
    for name, value in headers.items():
        message[name] = value
    # base64, because 8-bit bodies and lines of any length are not for every server.
    message.set_content(text, charset="utf-8", cte="base64")
    message.add_alternative(_inliner().inline(html), subtype="html", charset="utf-8", cte="base64")
    boundary = f"=_{_digest_of(envelope.message_id)}"
    message.set_boundary(boundary)
    if note is not None:
        message.add_attachment(
            note.note, subtype="plain", charset="utf-8", cte="base64", filename=CHECKPOINT_FILE
        )
    if book is not None and book.is_attached:
        message.add_attachment(book.content, maintype="application", subtype=_XLSX, filename=book.name)
    if message.get_content_type() == "multipart/mixed":
        message.set_boundary(f"{boundary}+")
    message["Content-Language"] = "zh-CN"
    return message


def ledger_headers(numbers: Iterable[str]) -> dict[str, str]:
    """The header that names the highest entry of each office and year that a mail tells of."""
    highest: dict[str, str] = {}
    for number in numbers:
        series = number.rpartition("-")[0]
        highest[series] = max(highest.get(series, ""), number, key=lambda each: (len(each), each))
    return {MAIL_HEADER: " ".join(sorted(highest.values()))} if highest else {}


def digest_fingerprint(digest: Digest) -> str:
    """A hash of all that matters to the reader: equal for two runs of a night that found the same.

    The run's number, the log position and its checkpoint, the number of events appended and the as-of time of
    day, which is also when what is still going on occurred, are left out; so is the order of the lists, which
    the mail sorts by itself.
    """
    content: dict[str, Any] = msgspec.to_builtins(digest)
    report = content.pop("report")
    content |= {name: told for name, told in report.items() if name not in _OF_THE_RUN}
    content["is_whole"] = digest.is_whole
    content["night"] = content["as_of"] = digest.report.on.isoformat()
    for key, value in content.items():
        if isinstance(value, list):
            content[key] = sorted((_at_any_hour(entry, report["as_of"]) for entry in value), key=_canonical)
    return hashlib.sha256(_canonical(content).encode()).hexdigest()


def _at_any_hour(entry: Any, as_of: str) -> Any:
    if isinstance(entry, dict) and entry.get("occurred_at") == as_of:
        return entry | {"occurred_at": None}
    return entry


def message_id(office: str, route: str, night: date, fingerprint: str) -> str:
    """The Message-ID of the mail to one route of an office: the same mail always has the same.

    Args:
        office: the office's code.
        route: what tells the routes of one office apart.
        night: the night of the digest.
        fingerprint: as made by `digest_fingerprint`.
    """
    key = _canonical([office, route, night.isoformat(), fingerprint])
    return f"<{night:%Y%m%d}.{_digest_of(key)}@regaudit.internal>"


def _book_texts(book: Book | None) -> tuple[str, str]:
    """What the mail says of its workbook, and where those findings stand that have no card."""
    if book is None:
        return "", IN_DATABASE
    listed = f"全部新增与未结的共 {book.rows} 项"
    if book.is_attached:
        return f"{listed}，见附件 {book.name}。", f"见附件 {book.name}"
    where = f"工作区的 reports/{book.name}"
    return f"{listed}，文件太大，没有附在邮件里，见{where}。", f"见{where}"


def _encoded(header: str, text: str) -> str:
    """`text` as encoded words and a space: folding by `EmailMessage` loses spaces between the words.

    The words hold any text, so nothing in it can end the header.
    """
    return Header(text, "utf-8", header_name=header).encode() + " " if text else ""


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _digest_of(text: str) -> str:
    """Short enough that a Message-ID fits a header line: Python would encode, and so break, a longer one."""
    return hashlib.sha256(text.encode()).hexdigest()[:24]


@cache
def _environment() -> Environment:
    """HTML escapes what it prints, text does not; a name that a template misspells is an error."""
    return Environment(
        loader=PackageLoader("regaudit.outlets.mail"),
        autoescape=select_autoescape(enabled_extensions=["html.j2"]),
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _shown(value: Any) -> Any:
    """What exports hold must not hide in a mail; what is markup already was shown before."""
    return visible(value) if type(value) is str else value


@cache
def _inliner() -> css_inline.CSSInliner:
    """Styles into the elements, as many mail readers drop <style>; what dark mode needs stays in it."""
    return css_inline.CSSInliner(keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False)
