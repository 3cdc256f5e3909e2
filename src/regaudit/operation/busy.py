"""Tells the posts of a night that could not start because another process held the workspace."""

from contextlib import ExitStack, suppress
from datetime import datetime
from pathlib import Path

from regaudit.base.errors import WorkspaceBusyError
from regaudit.base.settings import load_settings
from regaudit.catalogue.event_types import MailKept, MailSent
from regaudit.eventlog.lock import Writer
from regaudit.eventlog.log import EventLog
from regaudit.operation import reasons
from regaudit.operation.gather import Gathered
from regaudit.operation.judgement import Judgement
from regaudit.operation.night_mail import mail_night
from regaudit.operation.open import Stranded
from regaudit.operation.report import Known, make_report
from regaudit.outlets.mail.post import OUTBOX_STREAM, Posted


def tell_busy(home: Path, error: WorkspaceBusyError, now: datetime) -> Posted:
    """Mail that tonight's night has not started, once a night, however often it is tried.

    That it was mailed is put into the log, beside whatever the other process is doing. `now` is local time.
    """
    settings = load_settings(home)
    with ExitStack() as stack:
        log: EventLog | None = None
        # Where the log does not open, the mail goes out all the same.
        with suppress(Exception):
            log = stack.enter_context(EventLog(home, writer=Writer(command="nightly", now=lambda: now)))
        mails = [] if log is None else list(log.events("mails", MailSent))
        kept = [] if log is None else list(log.events(OUTBOX_STREAM, MailKept))
        opened = Stranded(home=home, settings=settings, log=log, now=lambda: now, error=error)
        known = Known(log=log, mails=mails, kept=kept)
        judgement = Judgement(because=[reasons.busy()])
        report = make_report(opened, Gathered(), [], None, known, judgement=judgement, as_of=now)
        return mail_night(opened, None, report, known)
