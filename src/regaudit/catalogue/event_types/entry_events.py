"""The entry events of our log as classes: made by `make docs` from events/*.toml, edits here are lost.

What each of them and its fields say is in docs/events.md.
"""

from typing import ClassVar

from msgspec import Struct, field

from regaudit.catalogue.event_kinds import LogEvent


class DocumentLimit(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """In `EntryDocumented`."""

    title: str
    due_on: str | None
    days: int
    basis: str


class EntryDocumented(LogEvent, frozen=True, kw_only=True):
    """A document of an entry was made, from its events up to a version and from what stands here: ..."""

    TOPIC: ClassVar[str] = "entry-documented"

    document_no: str
    kind: str
    of_version: int
    sha256: str
    size: int
    archive: str = ""
    made_at: str
    by: str = ""
    door: str
    system_user: str = ""
    machine: str = ""
    office_name: str
    names: dict[str, str] = field(default_factory=dict)
    limits: list[DocumentLimit] = field(default_factory=list)
    light: str = ""
    holder: str = ""
    checkpoint_size: int
    checkpoint: str
    maker: str


class NotedEvidence(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """In `EntryNoted`."""

    position: int
    role: str


class EntryNoted(LogEvent, frozen=True, kw_only=True):
    """What happened since to a finding of an entry, noted by the night."""

    TOPIC: ClassVar[str] = "entry-noted"

    at: str
    recorded_at: str
    run_no: int
    log_position: int
    kind: str
    finding_id: str
    rule: str
    severity: str = ""
    evidence: list[NotedEvidence] = field(default_factory=list)
    text: str


class EntryEvidence(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """In `EntryOpened`."""

    position: int
    role: str


class EntryPerson(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """In `EntryOpened`."""

    person_id: str
    person_name: str = ""
    role: str
    is_answerable: bool = False


class Attachment(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """In `EntryOpened`."""

    name: str
    sha256: str
    size: int


class EntryOpened(LogEvent, frozen=True, kw_only=True):
    """An entry of the ledger is opened: one matter to be dealt with, on what it was opened on."""

    TOPIC: ClassVar[str] = "entry-opened"

    at: str
    recorded_at: str
    kind: str
    rule: str
    rule_version: int
    title: str
    severity: str
    office: str | None
    finding_ids: list[str] = field(default_factory=list)
    case_nos: list[str] = field(default_factory=list)
    batch_no: str = ""
    account: str = ""
    person_id: str = ""
    source: str = ""
    occurred_at: str | None = None
    due_on: str | None = None
    summary: str
    basis: str = ""
    evidence: list[EntryEvidence] = field(default_factory=list)
    persons: list[EntryPerson] = field(default_factory=list)
    recurs_of: str = ""
    follows: str = ""
    recurrences: int = 0
    log_position: int = 0
    run_no: int = 0
    by: str = ""
    person: str = ""
    role: str = ""
    attachments: list[Attachment] = field(default_factory=list)
    archive: str = ""
    door: str
    system_user: str = ""
    machine: str = ""


class EntryStepped(LogEvent, frozen=True, kw_only=True):
    """A person took a step on an entry of the ledger, or a withdrawn night took the entry with it (void)."""

    TOPIC: ClassVar[str] = "entry-stepped"

    step: str
    at: str
    recorded_at: str
    by: str
    person: str
    role: str
    for_login: str = ""
    for_person: str = ""
    signed_by: str = ""
    door: str
    system_user: str
    machine: str
    seen_version: int
    due_on: str | None = None
    is_late: bool = False
    is_typed_later: bool = False
    text: str = ""
    attachments: list[Attachment] = field(default_factory=list)
    archive: str = ""
    to: str = ""
    kind: str = ""
    due: str | None = None
    verdict: str = ""
    is_pending: bool = False
    severity: str = ""
