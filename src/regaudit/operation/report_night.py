"""The reports of a month, made by the first night after it, where the settings say so."""

import platform
from datetime import datetime

from regaudit.audit.workspace import Workspace
from regaudit.base.errors import LockLostError, LockUnprovenError
from regaudit.base.failures import explain
from regaudit.base.periods import Period
from regaudit.ledger.request import Author
from regaudit.operation.report_archive import MONTHLY, ReportArchive
from regaudit.operation.report_mail import post_reports
from regaudit.operation.report_register import Reports
from regaudit.outlets.reports.report_facts import ALL


def month_reports(workspace: Workspace, as_of: datetime) -> list[str]:
    """Make and mail the reports of the month before a night, unless they are there.

    Nothing that goes wrong with them is a failure of the night: a person makes them. Returns what is to be
    told (Chinese).

    Raises:
        LockLostError: another process may be at work in the workspace.
        LockUnprovenError: whether one may, nobody can say at the moment.
    """
    period = Period(as_of.date().replace(day=1), "month").before
    if not workspace.settings.reports.monthly:
        return []
    if ReportArchive(workspace).events_of(MONTHLY, period.key, ALL):
        return []
    author = Author(login="", door="night", system_user="", machine=platform.node())
    try:
        made = Reports(workspace).make(period, author)
        return [f"{period.title}的报告已出具,在 reports/", *post_reports(workspace, made)]
    except (LockLostError, LockUnprovenError):
        raise
    except Exception as error:  # noqa: BLE001 - the night itself is over and told
        return [f"{period.title}的报告没有出具:{explain(error)}"]
