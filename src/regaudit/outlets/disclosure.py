"""Who was shown whole original rows: recorded before they are shown."""

from collections.abc import Sequence
from datetime import datetime

from regaudit.base.errors import UsageError
from regaudit.catalogue.event_types import OriginalShown
from regaudit.eventlog.log import EventLog

DISCLOSURES = "disclosures"


def record_shown(
    log: EventLog,
    subject: tuple[str, str],
    positions: Sequence[int],
    *,
    by: str,
    system_user: str,
    now: datetime,
) -> None:
    """Record that somebody is shown the whole original rows of a case.

    Args:
        log: the workspace's.
        subject: the case's office and number.
        positions: of the events whose rows are shown.
        by: who asked.
        system_user: as whom the command runs.
        now: local time.

    Raises:
        UsageError: nobody says who asked.
    """
    if not by.strip():
        raise UsageError("查看原文全列须写明何人:--original --by 登录名")
    office, case_no = subject
    log.append(
        OriginalShown,
        DISCLOSURES,
        office=office,
        case_no=case_no,
        positions=sorted(positions),
        shown_to=by.strip(),
        system_user=system_user,
        shown_at=now.isoformat(),
    )
