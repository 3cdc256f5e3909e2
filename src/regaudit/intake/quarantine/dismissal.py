"""Rejected rows that nobody is going to correct, because their file was a mistake: said so in the log."""

from datetime import datetime
from pathlib import Path

from regaudit.base.errors import RegauditError
from regaudit.catalogue.event_types import QuarantineDismissed
from regaudit.eventlog.log import EventLog
from regaudit.intake.imports import import_states
from regaudit.intake.quarantine.open_rows import dismissals, open_counts
from regaudit.intake.quarantine.resubmission import close_files


def dismiss(home: Path, log: EventLog, import_no: int, *, reason: str, by: str, now: datetime) -> int:
    """Let the open rows of an import count as open no more.

    Their quarantine file moves to `quarantine/closed/`; corrected rows of it may still come back.

    Returns:
        How many rows were open.

    Raises:
        RegauditError: there is no such import, none of its rows is open, or no reason is given.
    """
    with log.alone():  # so that no import settles any of them meanwhile
        states = import_states(log)
        if import_no not in states:
            raise RegauditError(f"没有第 {import_no} 次导入:请用 regaudit imports 查看导入次数")
        if not reason.strip() or not by.strip():
            raise RegauditError("请用 --reason 写明为什么不再改正;用 --by 写明何人决定(默认为当前系统用户)")
        if earlier := dismissals(log).get(import_no):
            raise RegauditError(
                f"第 {import_no} 次导入的隔离行已由 {earlier.by} 于 {earlier.at.replace('T', ' ')} "
                f"注明不再改正:{earlier.reason}"
            )
        rows = open_counts(log).get(import_no, 0)
        if not rows:
            raise RegauditError(f"第 {import_no} 次导入没有待改正的隔离行,无需注明")
        log.append(
            QuarantineDismissed,
            "dismissals",
            dismissed_import_no=import_no,
            rows=rows,
            reason=reason.strip(),
            dismissed_by=by.strip(),
            dismissed_at=now.isoformat(),
        )
    close_files(home, log)
    return rows
