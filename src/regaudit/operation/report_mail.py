"""Mails reports to the posts of their offices, where the settings say so; each once, however often asked."""

from collections.abc import Sequence

import msgspec

from regaudit.audit.workspace import Workspace
from regaudit.base.errors import WorkspaceBusyError
from regaudit.catalogue.event_types import MailKept, MailSent
from regaudit.eventlog.lock import Lock, hold
from regaudit.operation.report_archive import MadeReport, file_stem
from regaudit.outlets.mail.post import OUTBOX_STREAM, PostOffice
from regaudit.outlets.mail.report_letter import report_letter


def mail_reports(workspace: Workspace, made: Sequence[MadeReport]) -> list[str]:
    """Mail reports as a command does that holds no lock of a run; what went wrong, a sentence each (Chinese).

    Raises:
        LockLostError: another process may deliver the same mails.
    """
    if not (workspace.settings.reports.mail and made):
        return []
    writer = workspace.log.writer
    try:
        with hold(workspace.home, writer.command, workspace.now(), Lock.RUN, among=writer.held):
            return post_reports(workspace, made)
    except WorkspaceBusyError as error:
        return [f"报告的邮件没有发出:{error}。再运行一次同一命令即发"]


def post_reports(workspace: Workspace, made: Sequence[MadeReport]) -> list[str]:
    """Mail reports; the caller holds the lock of a run. What went wrong, a sentence each (Chinese)."""
    if not (workspace.settings.reports.mail and made):
        return []
    log = workspace.log
    letters = []
    for report in made:
        files = {kind: path.read_bytes() for kind, path in report.paths.items()}
        facts = msgspec.json.decode(files["json"])
        letters.append(report_letter(report.event, facts, files, file_stem(report.event), workspace.settings))
    office = PostOffice(
        workspace.home,
        workspace.settings,
        log,
        workspace.now,
        log.events("mails", MailSent),
        kept=log.events(OUTBOX_STREAM, MailKept),
    )
    return office.deliver([], letters, run_no=0).problems
