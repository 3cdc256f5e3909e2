"""The ledger, or part of it, as a workbook that people fill in."""

from datetime import datetime
from pathlib import Path

from regaudit.ledger.validity import open_steps
from regaudit.ledger.workbook import Line, keep_workbook, make_workbook
from regaudit.outlets.ledger_view import Wanted, read_view


def export_ledger(home: Path, now: datetime, path: Path, wanted: Wanted, by: str = "") -> int:
    """Write the entries that are wanted into a workbook.

    Args:
        home: the workspace.
        now: local time.
        path: the workbook; one that is there is replaced.
        wanted: which.
        by: the login of whoever fills it in: the drop-downs offer the steps open to him.

    Returns:
        How many entries it has.

    Raises:
        UsageError: there is no such user.
        RegauditError: as `read_view`; or the workbook cannot be written.
    """
    view = read_view(home, now)
    user = view.user(by)
    lines = []
    for row in view.rows(wanted, user):
        steps = open_steps(view.entries[row.entry], user, view.people, view.day)
        lines.append(Line(row=row, steps=tuple(step.title for step in steps)))
    keep_workbook(make_workbook(lines), path)
    return len(lines)
