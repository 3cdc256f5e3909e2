"""The events of our log as classes: made by `make docs` from events/*.toml, edits here are lost.

What each of them and its fields say is in docs/events.md.
"""

from typing import ClassVar

from msgspec import Struct, field

from regaudit.catalogue.event_kinds import LogEvent


class ExportDelivered(LogEvent, frozen=True, kw_only=True):
    """A source whose export had been missing delivers again, be it something new or a file that is ..."""

    TOPIC: ClassVar[str] = "export-delivered"

    source: str
    night: str


class ExportMissed(LogEvent, frozen=True, kw_only=True):
    """An export that a source in regaudit.toml should have given by a night was not there."""

    TOPIC: ClassVar[str] = "export-missed"

    source: str
    office: str
    night: str
    due: str


class FindingChanged(LogEvent, frozen=True, kw_only=True):
    """The same finding with another severity."""

    TOPIC: ClassVar[str] = "finding-changed"

    as_of: str
    run_no: int
    severity: str
    summary: str


class FindingGone(LogEvent, frozen=True, kw_only=True):
    """A nightly run no longer finds it."""

    TOPIC: ClassVar[str] = "finding-gone"

    as_of: str
    run_no: int


class FindingOpened(LogEvent, frozen=True, kw_only=True):
    """First seen by a nightly run."""

    TOPIC: ClassVar[str] = "finding-opened"

    as_of: str
    run_no: int
    rule: str
    severity: str
    office: str | None
    case_no: str | None
    account: str | None
    person_id: str | None
    source: str | None = None
    occurred_at: str | None
    due_on: str | None
    summary: str
    basis: str
    evidence: list[int]


class FindingReopened(LogEvent, frozen=True, kw_only=True):
    """Found again after it was gone."""

    TOPIC: ClassVar[str] = "finding-reopened"

    as_of: str
    run_no: int
    severity: str
    summary: str


class Part(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """In `ImportRecorded`."""

    name: str
    title: str
    columns: list[str]
    file_sha256: str = ""


class ResubmittedRows(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """In `ImportRecorded`."""

    import_no: int
    table: str
    row_nos: list[int]


class ImportRecorded(LogEvent, frozen=True, kw_only=True):
    """One imported file: the last event of its import's transaction."""

    TOPIC: ClassVar[str] = "import-recorded"

    kind: str
    file_name: str
    file_sha256: str
    file_bytes: int
    mapping: str
    mapping_sha256: str
    strip_name_suffix: bool
    parts: list[Part] = field(default_factory=list)
    rows_read: int
    appended: int
    known: int
    altered: int
    quarantined: int
    settled: int = 0
    waiting: int = 0
    quarantine_file: str
    skipped: int = 0
    ignored: list[str] = field(default_factory=list)
    resubmits: list[ResubmittedRows] = field(default_factory=list)
    source: str = ""
    watermark: str = ""
    covers_from: str = ""
    covers_to: str = ""
    offices: list[str]
    first_on: str | None
    last_on: str | None
    imported_at: str


class KeyIntroduced(LogEvent, frozen=True, kw_only=True):
    """A new key signs the log's checkpoints from here on."""

    TOPIC: ClassVar[str] = "key-introduced"

    verifier_key: str
    introduction: str
    introduced_at: str


class MailSent(LogEvent, frozen=True, kw_only=True):
    """A mail server took a digest, or, with no server set, the digest was put into outbox/."""

    TOPIC: ClassVar[str] = "mail-sent"

    message_id: str
    office: str
    night: str
    subject: str
    recipients: list[str]
    delivery: str
    sent_at: str


class NightWithdrawn(LogEvent, frozen=True, kw_only=True):
    """The ledger's last night should not have been, most often because its as-of time was mistyped."""

    TOPIC: ClassVar[str] = "night-withdrawn"

    night: str
    run_nos: list[int]
    reason: str
    withdrawn_by: str
    withdrawn_at: str


class QuarantineDismissed(LogEvent, frozen=True, kw_only=True):
    """The rejected rows of one import that did not come back will not be corrected: the file was a ..."""

    TOPIC: ClassVar[str] = "quarantine-dismissed"

    dismissed_import_no: int
    rows: int
    reason: str
    dismissed_by: str
    dismissed_at: str


class RosterEntryRecorded(LogEvent, frozen=True, kw_only=True):
    """One row of an accounts roster."""

    TOPIC: ClassVar[str] = "roster-entry-recorded"

    entry: dict[str, str]
    import_no: int
    row_no: int


class RowsRejected(LogEvent, frozen=True, kw_only=True):
    """Which rows of a table an import put into quarantine, in the order of the quarantine file."""

    TOPIC: ClassVar[str] = "rows-rejected"

    import_no: int
    table: str
    row_nos: list[int]
    row_ids: list[str]


class RuleCounts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """In `RunCompleted`."""

    status: str
    examined: int
    violations: int
    unknown: int


class RunCompleted(LogEvent, frozen=True, kw_only=True):
    """One check of the whole log: what it was computed from and the hash of what it found."""

    TOPIC: ClassVar[str] = "run-completed"

    kind: str
    as_of: str
    night: str
    log_position: int
    profile: str
    profile_sha256: str
    calendar: str
    rules: dict[str, int]
    params: dict[str, dict[str, int]] = field(default_factory=dict)
    local_sha256: str = ""
    calendar_sha256: str = ""
    sql_sha256: str = ""
    program: str = ""
    findings_sha256: str
    findings: int
    counts: dict[str, RuleCounts]
    finished_at: str


class StepAltered(LogEvent, frozen=True, kw_only=True):
    """A re-export carries a known action with other content."""

    TOPIC: ClassVar[str] = "step-altered"

    action: dict[str, str]
    action_id: str
    import_no: int
    part_no: int = 0
    row_no: int


class StepRecorded(LogEvent, frozen=True, kw_only=True):
    """One action of a case as a platform's log shows it, the first time it is seen."""

    TOPIC: ClassVar[str] = "step-recorded"

    action: dict[str, str]
    action_id: str
    import_no: int
    part_no: int = 0
    row_no: int


class StepVanished(LogEvent, frozen=True, kw_only=True):
    """An export that claims to hold every action of a period lacks one of that period which the log ..."""

    TOPIC: ClassVar[str] = "step-vanished"

    office: str
    case_no: str
    action_id: str
    step_position: int
    import_no: int
