"""What users are told of changes of theirs: at once by whoever makes them, else by the night."""

from collections.abc import Collection

from regaudit.audit.workspace import Workspace
from regaudit.base.settings import Mail
from regaudit.catalogue.events import LogEvent
from regaudit.eventlog.log import EventLog
from regaudit.ledger.people import STREAM
from regaudit.outlets.mail.letters import Letter
from regaudit.outlets.mail.notices import Notice, letter_of, notices_of
from regaudit.outlets.mail.post import Posted, PostOffice


def user_notices(log: EventLog, appended: Collection[LogEvent]) -> list[Notice]:
    """What is to be told of events of users that have just been stored.

    Raises:
        LogError: the log cannot be read.
    """
    stored = {(event.originator_id, event.originator_version) for event in appended}
    if not stored:
        return []
    told = notices_of(log.events_of(STREAM), 0)
    return [notice for notice in told if (f"{STREAM}{notice.login}", notice.version) in stored]


def user_letters(log: EventLog, mail: Mail, after: int) -> list[Letter]:
    """The mails of all changes behind a position, for a night: those that were not delivered at once are.

    Raises:
        LogError: the log cannot be read.
    """
    return [letter_of(notice, mail) for notice in notices_of(log.events_of(STREAM), after) if notice.to]


def tell_users(workspace: Workspace, notices: Collection[Notice]) -> Posted:
    """Mail notices now; whom no mail can reach is a note, and what could not be sent a problem (Chinese).

    Whatever is not delivered is by the next night.
    """
    settings = workspace.settings
    letters = [letter_of(notice, settings.mail) for notice in notices if notice.to]
    office = PostOffice(workspace.home, settings, workspace.log, workspace.now, ())
    posted = office.deliver_notices(letters)
    posted.notes.extend(
        f"用户 {notice.login} 没有邮箱,没有告知本人:请另行告知,"
        f"并用 regaudit user add {notice.login} --correct --mail 补登"
        for notice in notices
        if not notice.to
    )
    return posted
