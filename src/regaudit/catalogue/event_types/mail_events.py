"""The mail events of our log as classes: made by `make docs` from events/*.toml, edits here are lost.

What each of them and its fields say is in docs/events.md.
"""

from typing import ClassVar

from msgspec import field

from regaudit.catalogue.event_kinds import LogEvent


class MailKept(LogEvent, frozen=True, kw_only=True):
    """A digest or notice is about to be put into outbox/, to leave it when a mail server takes it: a ..."""

    TOPIC: ClassVar[str] = "mail-kept"

    message_id: str
    office: str
    night: str
    subject: str
    mail_sha256: str
    kept_at: str
    person: str = ""
    run_no: int = 0
    entries: list[str] = field(default_factory=list)


class MailSent(LogEvent, frozen=True, kw_only=True):
    """A mail server took a digest or a notice to a user, or, with no server set, it was put into outbox/."""

    TOPIC: ClassVar[str] = "mail-sent"

    message_id: str
    office: str
    night: str
    subject: str
    recipients: list[str]
    delivery: str
    sent_at: str
    mail_sha256: str = ""
    refused: list[str] = field(default_factory=list)
    person: str = ""
    run_no: int = 0
    entries: list[str] = field(default_factory=list)
