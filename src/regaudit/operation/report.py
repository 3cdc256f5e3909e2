"""What a night has to say to everyone: put together from the log and from what its stages told."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from regaudit.audit.check import Checked
from regaudit.audit.ledger_nights import Night, read_night, reread
from regaudit.audit.workspace import Workspace
from regaudit.base.errors import LogError
from regaudit.base.failures import explain
from regaudit.catalogue.event_types import MailKept, MailSent
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.tree.notes import parse_checkpoint
from regaudit.intake.quarantine.open_rows import count_open, dismissals
from regaudit.intake.unknown_values import unknown_in
from regaudit.intake.unread_tables import missing_from
from regaudit.operation.gather import Gathered
from regaudit.operation.judgement import Judgement
from regaudit.operation.open import Stranded
from regaudit.outlets.mail.digest import Change, NightReport, Seal
from regaudit.outlets.mail.post import OUTBOX_STREAM


class Known(Struct, frozen=True, kw_only=True):
    """What the log says of a night; with the defaults, what is known where it says nothing.

    Of the open rejected rows `quarantined` are of tonight's imports, `before` of earlier ones, and `files`
    hold them, the latest first. Of tonight's imports `unread` is what is missing, and `unclear` what they say
    and nobody knows, a line each. `mails` are all that were delivered, `kept` all that
    waited. `log` is None where it cannot be read.
    """

    log: EventLog | None = None
    position: int = 0
    seal: Seal | None = None
    appended: int = 0
    altered: int = 0
    quarantined: int = 0
    before: int = 0
    files: list[str] = []
    unread: list[str] = []
    unclear: list[str] = []
    mails: list[MailSent] = []
    kept: list[MailKept] = []


def read_known(
    opened: Workspace | Stranded,
    tonight: Gathered,
    night: Night | None,
    as_of: datetime,
    upto: int | None = None,
) -> Known:
    """What the log says of the night; nothing where it cannot be read, which is one more failure.

    `night` is None where it failed before it was read. `upto` is the log position that the night computed on:
    what was imported since is the next night's.
    """
    log = opened.log
    if log is None:
        return Known()
    try:
        mails, kept = list(log.events("mails", MailSent)), list(log.events(OUTBOX_STREAM, MailKept))
        night = reread(log, night or read_night(log, as_of), upto)
        return replace(_read(log, night, tonight, upto), mails=mails, kept=kept)
    except Exception as error:  # noqa: BLE001 - a damaged log shows itself in any way, and must be told of
        if explain(error) not in tonight.failures:
            tonight.failures.append(explain(error))
        return Known()


def make_report(
    opened: Workspace | Stranded,
    tonight: Gathered,
    notices: Sequence[str],
    checked: Checked | None,
    known: Known,
    *,
    judgement: Judgement,
    as_of: datetime,
) -> NightReport:
    """The night's report; in a workspace that did not open the profile is called by its name."""
    profile_title, altered = opened.settings.profile, 0
    if isinstance(opened, Workspace):
        profile_title = opened.profile.title
        # Where a rule tells of them, its findings tell more.
        altered = 0 if any(rule.tells_altered for rule in opened.rules.values()) else known.altered
    return NightReport(
        as_of=as_of,
        profile_title=profile_title,
        run_no=checked.run_no if checked else None,
        log_position=checked.log_position if checked else known.position,
        seal=known.seal,
        because=judgement.because,
        changes=[Change(what=each.what, old=each.old, new=each.new) for each in judgement.changes],
        former_recipients=judgement.former,
        failures=tonight.failures,
        quarantined=known.quarantined,
        quarantined_before=known.before,
        quarantine_files=known.files,
        unread=known.unread,
        missing=tonight.missing,
        notes=[
            *notices,
            *known.unclear,
            *([f"本夜的导出中有 {altered} 行与以前不同,见 altered_steps 表"] if altered else []),
        ],
        events_appended=known.appended,
    )


def _read(log: EventLog, night: Night, tonight: Gathered, upto: int | None) -> Known:
    """What the log says; of a file that was imported before and lies there again, what its import said."""
    states = {event.originator_version: event for event in night.imports}
    counts = count_open(states, dismissals(log))
    quarantined = sum(counts.get(event.originator_version, 0) for event in night.new_imports)
    told = {event.originator_version for event in night.new_imports}
    told |= {result.import_no for result in tonight.imports}
    listed = [event for event in night.imports if event.originator_version in told]
    return Known(
        log=log,
        unread=[*tonight.emptied, *(line for event in listed for line in missing_from(event))],
        unclear=[line for event in listed for line in unknown_in(event)],
        position=log.position() if upto is None else upto,
        seal=_seal(log),
        appended=sum(event.appended + event.altered + event.extended for event in night.new_imports),
        altered=sum(event.altered for event in night.new_imports),
        quarantined=quarantined,
        before=sum(counts.values()) - quarantined,
        files=[states[number].quarantine_file for number in sorted(counts, reverse=True)],
    )


def _seal(log: EventLog) -> Seal | None:
    """The log's last checkpoint; a log that has none fails in whatever writes to it, and that is told."""
    try:
        size, note = log.last_checkpoint()
        return Seal(note=note, size=size, fingerprint=parse_checkpoint(note).fingerprint())
    except (LogError, ValueError):
        return None
