"""What somebody asks the ledger to do with entries: one step, said once, on one or many of them."""

from datetime import date, datetime

from msgspec import Struct

from regaudit.catalogue.event_types import Attachment


class Author(Struct, frozen=True, kw_only=True):
    """Who asks, and through which door.

    Attributes:
        login: the user.
        door: one of `DOORS`.
        system_user: of the process.
        machine: its name.
        address: of the browser, where a page asks and it is known.
    """

    login: str
    door: str
    system_user: str
    machine: str
    address: str = ""


class Request(Struct, frozen=True, kw_only=True):
    """A step as it is asked for.

    Attributes:
        step: its name.
        text: what it says.
        at: when it was decided; None: now.
        verdict: of a judgement, decision, review or extension.
        to: whom it is assigned or referred to.
        kind: at_once or by_date.
        due: the day that it sets.
        severity: adjusted.
        attachments: archived already.
        signed_by: the natural person who signed the paper that is typed.
    """

    step: str
    text: str = ""
    at: datetime | None = None
    verdict: str = ""
    to: str = ""
    kind: str = ""
    due: date | None = None
    severity: str = ""
    attachments: list[Attachment] = []
    signed_by: str = ""


class Opening(Struct, frozen=True, kw_only=True):
    """An entry as a person opens it.

    Attributes:
        kind: inspection, complaint or manual.
        finding_id: a finding that is taken out of a collective entry, or has none; empty for a matter that no
            rule finds.
    """

    office: str | None
    title: str
    severity: str
    text: str = ""
    kind: str = "manual"
    case_no: str = ""
    account: str = ""
    person_id: str = ""
    finding_id: str = ""
    at: datetime | None = None


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of a step on one entry: its state and version now, or why it was refused (Chinese)."""

    entry: str
    state: str = ""
    version: int = 0
    refused: str = ""
