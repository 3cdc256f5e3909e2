"""One mail's way into an SMTP server that is connected: MAIL, RCPT of each, DATA, the final dot.

smtplib's own `sendmail` tells neither at whom a server hung up nor whether the whole mail had left by then.
"""

import re
import smtplib
from collections.abc import Mapping, Sequence

from msgspec import Struct

CLOSING = 421
_GO_ON, _TAKEN, _TEMPORARY, _PERMANENT = 354, 200, 300, 500
_LINE_OF_A_DOT = re.compile(rb"^\.", re.MULTILINE)
Reply = tuple[int, bytes]
"""A server's answer: its code and its text."""


class Taken(Struct, frozen=True, kw_only=True):
    """Whom a server took a mail for, and with what answer it refused the others: for now, or for good."""

    taken: list[str]
    put_off: dict[str, Reply]
    refused: dict[str, Reply]


class HungUpError(smtplib.SMTPServerDisconnected):
    """The server closed the connection over one recipient, with an answer or without one.

    Attributes:
        address: at whom.
        reply: its answer, 421 and why.
    """

    def __init__(self, address: str, reply: Reply) -> None:
        super().__init__(f"{reply[0]} {reply[1].decode('utf-8', 'replace')}".strip())
        self.address, self.reply = address, reply


class AnswerLostError(smtplib.SMTPServerDisconnected):
    """The whole mail had left when the connection broke or the server fell silent: it may have been taken."""


class TlsRefusedError(smtplib.SMTPResponseException):
    """The server offers STARTTLS and refuses it."""


def is_permanent(reply: Reply) -> bool:
    """Whether trying again as it is would be of no use."""
    return reply[0] >= _PERMANENT


def transact(connection: smtplib.SMTP, sender: str, to: Sequence[str], content: bytes) -> Taken:
    """Give a mail to the server for the recipients `to`, at least one; all lines of `content` end in CRLF.

    Raises:
        smtplib.SMTPHeloError: it does not want us.
        smtplib.SMTPSenderRefused: it does not take mails of that sender.
        smtplib.SMTPRecipientsRefused: it takes the mail for none of them.
        smtplib.SMTPDataError: it does not take the mail.
        HungUpError: it closed the connection over a recipient; nobody has the mail.
        AnswerLostError: nobody knows whether it took the mail.
        smtplib.SMTPServerDisconnected: the connection broke before the mail had left.
        ValueError: an address that no server would understand.
    """
    connection.ehlo_or_helo_if_needed()
    size = [f"size={len(content)}"] if connection.does_esmtp and connection.has_extn("size") else []
    reply = connection.mail(sender, size)
    if not _is_taken(reply):
        raise smtplib.SMTPSenderRefused(*reply, sender)
    replies = {address: _recipient(connection, address) for address in to}
    taken = [address for address, reply in replies.items() if _is_taken(reply)]
    others = {address: reply for address, reply in replies.items() if not _is_taken(reply)}
    if not taken:
        raise smtplib.SMTPRecipientsRefused(others)
    _data(connection, content)
    put_off, refused = parted(others)
    return Taken(taken=taken, put_off=put_off, refused=refused)


def parted(others: Mapping[str, Reply]) -> tuple[dict[str, Reply], dict[str, Reply]]:
    """Of those who were refused: those put off, and those refused for good."""
    return (
        {address: reply for address, reply in others.items() if not is_permanent(reply)},
        {address: reply for address, reply in others.items() if is_permanent(reply)},
    )


def _is_taken(reply: Reply) -> bool:
    return _TAKEN <= reply[0] < _TEMPORARY


def _recipient(connection: smtplib.SMTP, address: str) -> Reply:
    try:
        reply = connection.rcpt(address)
    except smtplib.SMTPServerDisconnected as error:
        if isinstance(error.__context__, TimeoutError):
            raise
        raise HungUpError(address, (CLOSING, b"")) from error
    if reply[0] == CLOSING:
        raise HungUpError(address, reply)
    return reply


def _data(connection: smtplib.SMTP, content: bytes) -> None:
    reply = connection.docmd("DATA")
    if reply[0] != _GO_ON:
        raise smtplib.SMTPDataError(*reply)
    ended = content if content.endswith(b"\r\n") else content + b"\r\n"
    connection.send(_LINE_OF_A_DOT.sub(b"..", ended) + b".\r\n")
    try:
        reply = connection.getreply()
    except OSError as error:
        raise AnswerLostError(str(error)) from error
    if not _is_taken(reply):
        raise smtplib.SMTPDataError(*reply)
