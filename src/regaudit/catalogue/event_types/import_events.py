"""The import events of our log as classes: made by `make docs` from events/*.toml, edits here are lost.

What each of them and its fields say is in docs/events.md.
"""

from typing import ClassVar

from msgspec import Struct, field

from regaudit.catalogue.event_kinds import LogEvent


class Part(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """In `ImportRecorded`."""

    name: str
    title: str
    columns: list[str]
    rows: int = 0
    table: str = ""
    file_sha256: str = ""


class ResubmittedRows(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """In `ImportRecorded`."""

    import_no: int
    table: str
    row_nos: list[int]
    as_row_nos: list[int] = field(default_factory=list)


class LeftOut(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """In `ImportRecorded`."""

    rule: str
    rows: int


class UnknownValues(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """In `ImportRecorded`."""

    column: str
    values: int
    rows: int


class UnreadTable(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """In `ImportRecorded`."""

    name: str
    why: str
    reason: str
    tables: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)


class ImportRecorded(LogEvent, frozen=True, kw_only=True):
    """One imported file: the last event of its import's transaction."""

    TOPIC: ClassVar[str] = "import-recorded"

    kind: str
    file_name: str
    file_sha256: str
    file_bytes: int
    archive: str = ""
    mapping: str
    mapping_sha256: str
    strip_name_suffix: bool
    parts: list[Part] = field(default_factory=list)
    rows_read: int
    appended: int
    known: int
    altered: int
    extended: int = 0
    quarantined: int
    settled: int = 0
    waiting: int = 0
    quarantine_file: str
    skipped: int = 0
    rewritten: int = 0
    left_out: list[LeftOut] = field(default_factory=list)
    future: int = 0
    added: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    unknown: list[UnknownValues] = field(default_factory=list)
    unread: list[UnreadTable] = field(default_factory=list)
    declared: list[str] = field(default_factory=list)
    footers: int = 0
    resubmits: list[ResubmittedRows] = field(default_factory=list)
    source: str = ""
    delivers: str = ""
    backfill: str = ""
    watermark: str = ""
    covers_from: str = ""
    covers_to: str = ""
    offices: list[str]
    first_on: str | None
    last_on: str | None
    imported_at: str
