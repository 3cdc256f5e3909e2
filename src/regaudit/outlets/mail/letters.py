"""What the post office delivers: a mail that is made when it is needed, and what the log keeps of it."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from email.message import EmailMessage

from msgspec import Struct

from regaudit.catalogue.event_types import MailKept

NO_RECIPIENT = "supervision@localhost"
"""Who a digest is addressed to when its office has no route: such mails stay in the outbox."""


class Posting(Struct, frozen=True, kw_only=True):
    """What the log keeps of a mail beside its text: the office or the natural person that it is for.

    `run_no` is the night's run, `entries` are the entries of the ledger that a person is told of.
    """

    night: str
    office: str = ""
    person: str = ""
    run_no: int = 0
    entries: Sequence[str] = ()

    @property
    def title(self) -> str:
        """Whose mail it is, for people (Chinese)."""
        return f"机构 {self.office}" if self.office else f"人员 {self.person}"


class Letter(Struct, frozen=True, kw_only=True):
    """A mail to be delivered.

    Attributes:
        posting: what the log keeps of it.
        night: the date of the night.
        to: its recipients; empty: nobody is known, see `NO_RECIPIENT`.
        identity: its Message-ID, the same for the same contents.
        name: what its file in the outbox is called after.
        make: makes the mail, of a time.
    """

    posting: Posting
    night: date
    to: list[str]
    identity: str
    name: str
    make: Callable[[datetime], EmailMessage]


def posting_of(event: MailKept | None, name: str) -> Posting:
    """What the log kept of a mail that waits; without the log, what its file's name says."""
    if event is None:
        return Posting(night=name[:10], office=name[11:].rpartition("-")[0])
    return Posting(
        night=event.night,
        office=event.office,
        person=event.person,
        run_no=event.run_no,
        entries=event.entries,
    )
