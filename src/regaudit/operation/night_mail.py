"""The mails of a night: to every office what it found, to every person what the ledger has for him."""

from datetime import date

import duckdb
from msgspec.structs import replace

from regaudit.audit.ledger_nights import Night, nights
from regaudit.audit.workspace import Workspace
from regaudit.base.errors import LockLostError, LockUnprovenError
from regaudit.base.failures import explain
from regaudit.base.folders import Folders
from regaudit.catalogue.calendar import national_calendar
from regaudit.catalogue.event_types import LedgerBegun
from regaudit.ledger.night import BEGUN
from regaudit.ledger.people import read_people
from regaudit.ledger.workdays import calendars
from regaudit.operation.open import Stranded
from regaudit.operation.report import Known
from regaudit.operation.user_mail import user_letters
from regaudit.outlets.mail.audience import Audience
from regaudit.outlets.mail.cascade import Ledger, digests_of, unreached_name
from regaudit.outlets.mail.compose import compose, offices_to_tell
from regaudit.outlets.mail.digest import ANY_OFFICE, NightReport
from regaudit.outlets.mail.entry_facts import read_entries, read_steps
from regaudit.outlets.mail.ledger_stand import Since
from regaudit.outlets.mail.letters import Letter
from regaudit.outlets.mail.outbox import Outbox
from regaudit.outlets.mail.person_mail import letter_of
from regaudit.outlets.mail.post import Posted, PostOffice
from regaudit.outlets.mail.watermarks import Marks


def mail_night(
    opened: Workspace | Stranded,
    db: duckdb.DuckDBPyConnection | None,
    report: NightReport,
    known: Known,
    *,
    night: Night | None = None,
) -> Posted:
    """Mail a night to every office and, where it opens entries, to the persons of the ledger.

    `night` is given where it does.

    A mail that cannot be made is a problem that is told, not raised; those to persons keep none to an office
    from going out.

    Raises:
        LockLostError: another process may mail the same night.
        LockUnprovenError: whether one may, nobody can say at the moment.
    """
    try:
        settings = opened.settings
        offices = offices_to_tell(db, settings)
        former = report.former_recipients
        former = {office: former.get(office, former.get(ANY_OFFICE, [])) for office in offices}
        report = replace(report, former_recipients=former)
        since = None if night is None or db is None else _since(opened, night)
        digests = [compose(db, office, settings, report, since) for office in offices]
        letters, notes, problems = _letters(opened, db, report, known) if since else ([], [], [])
        run_no = report.run_no or 0 if since and not problems else 0
        office = PostOffice(opened.home, settings, known.log, opened.now, known.mails, kept=known.kept)
        posted = office.deliver(digests, letters, run_no=run_no, notices=_notices(opened, night))
        return replace(posted, problems=[*posted.problems, *problems], notes=[*posted.notes, *notes])
    except (LockLostError, LockUnprovenError):
        raise
    except Exception as error:  # noqa: BLE001 - the summary must be printed even so
        return Posted(sent=0, kept=0, already_sent=0, problems=[f"邮件未能生成:{explain(error)}"])


def _since(opened: Workspace | Stranded, night: Night) -> Since | None:
    if not isinstance(opened, Workspace):
        return None
    begun = next(iter(opened.log.events(BEGUN, LedgerBegun)), None)
    runs = [number for number, run in nights(opened.log).items() if run.night < night.on.isoformat()]
    return Since(
        night.before, max(runs, default=0), is_first=begun is not None and begun.night == night.on.isoformat()
    )


def _letters(
    opened: Workspace | Stranded, db: duckdb.DuckDBPyConnection | None, report: NightReport, known: Known
) -> tuple[list[Letter], list[str], list[str]]:
    """The letters to persons, who could not be written to, and what went wrong (Chinese)."""
    if not isinstance(opened, Workspace) or db is None or report.run_no is None:
        return [], [], []
    try:
        letters, notes = ledger_letters(opened, db, report.on, report.run_no, known)
    except Exception as error:  # noqa: BLE001 - the offices must hear of the night all the same
        return [], [], [f"台账的个人邮件未能生成:{explain(error)}"]
    return letters, notes, []


def _notices(opened: Workspace | Stranded, night: Night | None) -> list[Letter]:
    """What users are told of changes since the night before; most have been told at once."""
    if night is None or not isinstance(opened, Workspace):
        return []
    return user_letters(opened.log, opened.settings.mail, night.before)


def ledger_letters(
    workspace: Workspace, db: duckdb.DuckDBPyConnection, night: date, run_no: int, known: Known
) -> tuple[list[Letter], list[str]]:
    """The letters of a night to the persons of the ledger, from the tables of its run.

    Returns:
        The letters, and who could not be written to, a sentence each (Chinese).
    """
    people, settings = read_people(workspace.log), workspace.settings
    if not people:
        return [], []
    folders = Folders(workspace.home)
    runs = {number: run for number, run in nights(workspace.log).items() if number != run_no}
    marks = Marks(runs, known.mails, known.kept, Outbox(folders.outbox).has)
    since = marks.base.position
    measures = calendars(settings, national_calendar(workspace.home), workspace.profile.ledger)
    audience = Audience(people, night)
    ledger = Ledger(
        night=night,
        entries=read_entries(db, since),
        steps=read_steps(db, run_no, since),
        marks=marks,
        warned_on=lambda office, due_on: measures.of(office).days.before(due_on, 1),
        office_name=settings.office_name,
    )
    letters, notes = [], []
    for digest in digests_of(audience, ledger):
        if digest.to:
            login = audience.readers[digest.person].logins[0]
            letters.append(
                letter_of(digest, settings.mail, login=login, run_no=run_no, reports=folders.reports)
            )
        else:
            told = len(digest.cards)
            what = f"台账 {told} 项" if told else "台账的其他事项"
            notes.append(f"{unreached_name(digest.person, audience)}:{what}未能告知,已告知质量监管岗")
    return letters, notes
