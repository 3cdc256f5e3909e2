"""What one office's supervision post is told in one night, before it becomes text and HTML."""

from datetime import date, datetime

from msgspec import Struct

from regaudit.base.clock import night_of


class Line(Struct, frozen=True, kw_only=True):
    """One finding as the mail shows it: `case_no` where it is about a case, `source` where about a source."""

    finding_id: str
    rule: str
    rule_title: str
    severity: str
    case_no: str | None
    summary: str
    due_on: date | None
    first_found_on: date
    source: str | None = None


class RuleCount(Struct, frozen=True, kw_only=True):
    """How many findings of a rule and severity are new, continue, or are gone since the last night."""

    rule: str
    title: str
    severity: str
    new: int
    continuing: int
    gone: int


class Totals(Struct, frozen=True, kw_only=True):
    """The office's figures at the as-of time; `*_today` count the as-of day."""

    accepted_today: int
    booked_today: int
    open_cases: int
    paused_cases: int
    provisional_cases: int


class Seal(Struct, frozen=True, kw_only=True):
    """The log's checkpoint as of this night, which the mail carries away: whoever keeps it is a witness.

    `note` is the signed note, `size` the number of events that it covers.
    """

    note: str
    size: int
    fingerprint: str


class NightReport(Struct, frozen=True, kw_only=True):
    """What a night has to say to everyone, besides the findings: what it was, and what went wrong.

    `failures` are stages or files that failed: the figures may be incomplete and the mail must say so in
    its subject. `quarantined` is the number of open rejected rows of tonight's imports, `quarantined_before`
    that of earlier ones, `quarantine_files` where all of them stand, `missing` the expected exports that did
    not arrive, and `unread` what is missing from those that did; all go into the subject too. Which exports
    are missing is told once: by the finding of that source, or by name where there is none.

    `run_no` is None when the night did not get that far, `seal` where the log could not be read.
    """

    as_of: datetime
    profile_title: str
    run_no: int | None
    log_position: int
    seal: Seal | None
    failures: list[str]
    quarantined: int
    quarantined_before: int
    quarantine_files: list[str]
    missing: list[str]
    unread: list[str] = []
    notices: list[str]
    events_appended: int

    @property
    def on(self) -> date:
        """The night's date."""
        return night_of(self.as_of)

    @property
    def has_open_rows(self) -> bool:
        """Rejected rows wait to be corrected, tonight's or earlier ones."""
        return bool(self.quarantined or self.quarantined_before or self.quarantine_files)


class Digest(Struct, frozen=True, kw_only=True):
    """One digest: an office, a night, and what was found.

    `totals` are None when the night did not get that far. The lists are complete and in any order: the mail
    sorts and caps them. A finding in `due_soon` counts as due soon only: should it stand in `new` or
    `continuing` as well, the mail does not repeat it there. `counts` covers all findings, those due soon
    included.
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
    totals: Totals | None

    @property
    def is_whole(self) -> bool:
        """The night ran to its end: no failure, and a run number and the day's figures to show for it."""
        return not self.report.failures and self.report.run_no is not None and self.totals is not None

    @property
    def is_clean(self) -> bool:
        """The night ran whole, nothing is found and nothing went wrong: the mail is a 零报告."""
        return self.is_whole and not (
            self.report.has_open_rows
            or self.report.missing
            or self.report.unread
            or self.due_soon
            or self.new
            or self.continuing
        )
