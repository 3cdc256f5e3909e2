"""What one office's supervision post is told in one night, before it becomes text and HTML."""

from datetime import date, datetime

from msgspec import Struct

from regaudit.audit.light import Light, Reason, of_office, worst
from regaudit.base.clock import night_of
from regaudit.outlets.mail.ledger_stand import LedgerStand

ANY_OFFICE = "*"
"""Stands for all offices together, where none is known and in a route for those without their own."""
INCOMPLETE = "本夜没有得到完整的结果。"


class Person(Struct, frozen=True, kw_only=True):
    """Who had to do with a finding, and as what; `is_answerable` where the rule's meaning names one."""

    name: str
    roles: list[str]
    is_answerable: bool = False


class Line(Struct, frozen=True, kw_only=True):
    """One finding as the mail shows it: `case_no` where it is about a case, `source` where about a source.

    `basis` is what it rests on, joined by `;`.
    """

    finding_id: str
    rule: str
    rule_title: str
    severity: str
    case_no: str | None
    summary: str
    due_on: date | None
    first_found_on: date
    source: str | None = None
    account: str | None = None
    office: str | None = None
    occurred_at: datetime | None = None
    basis: str = ""
    persons: list[Person] = []


class RuleCount(Struct, frozen=True, kw_only=True):
    """How many findings of a rule and severity are new, continue, or are gone since the last night."""

    rule: str
    title: str
    severity: str
    new: int
    continuing: int
    gone: int


class Unknown(Struct, frozen=True, kw_only=True):
    """How many subjects a rule could not decide about, and why (Chinese)."""

    title: str
    why: str
    subjects: int


class Totals(Struct, frozen=True, kw_only=True):
    """The office's figures at the as-of time; `*_that_day` count the as-of day."""

    accepted_that_day: int
    booked_that_day: int
    open_cases: int
    paused_cases: int
    provisional_cases: int


class Change(Struct, frozen=True, kw_only=True):
    """A setting that is not what it was the night before: what, and its old and new value (Chinese)."""

    what: str
    old: str
    new: str
    office: str | None = None


class Seal(Struct, frozen=True, kw_only=True):
    """The log's checkpoint as of this night, which the mail carries away: whoever keeps it is a witness.

    `note` is the signed note, `size` the number of events that it covers.
    """

    note: str
    size: int
    fingerprint: str


class NightReport(Struct, frozen=True, kw_only=True):
    """What a night has to say to everyone, besides the findings: what it was, and what went wrong.

    Attributes:
        because: why the night is not green; each digest takes those of its office.
        notes: what is told without a light.
        changes: the settings that changed since the night before; their reason is `changed`.
        former_recipients: by office, who would have got this mail as the settings were the night before.
        failures: stages or files that failed; their reason is `failed`.
        quarantined: how many rejected rows of tonight's imports are open.
        quarantined_before: how many of earlier imports are.
        quarantine_files: where all of these stand.
        missing: the expected exports that did not arrive.
        unread: what is missing from those that did.
        run_no: None when the night did not get that far.
        seal: None where the log could not be read.
    """

    as_of: datetime
    profile_title: str
    run_no: int | None
    log_position: int
    seal: Seal | None
    because: list[Reason] = []
    notes: list[str] = []
    changes: list[Change] = []
    former_recipients: dict[str, list[str]] = {}
    failures: list[str]
    quarantined: int
    quarantined_before: int
    quarantine_files: list[str]
    missing: list[str]
    unread: list[str] = []
    events_appended: int

    @property
    def on(self) -> date:
        """The night's date."""
        return night_of(self.as_of)


class Digest(Struct, frozen=True, kw_only=True):
    """One digest: an office, a night, and what was found.

    `totals` are None when the night did not get that far. The lists are complete and in any order: the mail
    sorts and caps them. A finding in `due_soon` counts as due soon only: should it stand in `new` or
    `continuing` as well, the mail does not repeat it there. `counts` covers all findings, those due soon
    included. `ledger` is None where the night opens nothing: it failed, or the ledger has overtaken it.
    """

    office: str
    office_name: str
    post: str
    report: NightReport
    due_soon: list[Line]
    new: list[Line]
    continuing: list[Line]
    gone: list[Line]
    counts: list[RuleCount]
    unknowns: list[Unknown] = []
    totals: Totals | None
    ledger: LedgerStand | None = None

    @property
    def is_whole(self) -> bool:
        """The night ran to its end: no failure, and a run number and the day's figures to show for it."""
        return not self.report.failures and self.report.run_no is not None and self.totals is not None

    def concerns(self, office: str | None) -> bool:
        """Whether what concerns an office, or all for None, is told here."""
        return office is None or self.office in (office, ANY_OFFICE)

    @property
    def because(self) -> list[Reason]:
        """The reasons that concern this office, the worst first; a night that is not whole has one."""
        reasons = of_office(self.report.because, None if self.office == ANY_OFFICE else self.office)
        # A night that never started says so itself.
        telling = {"failed"} if self.report.run_no is not None else {"failed", "nights"}
        if self.is_whole or any(reason.code in telling for reason in reasons):
            return reasons
        failed = Reason(code="failed", light="red", text=INCOMPLETE, count=1, office=None)
        return [failed, *reasons]

    @property
    def light(self) -> Light:
        """The light of this office."""
        return worst(self.because)
