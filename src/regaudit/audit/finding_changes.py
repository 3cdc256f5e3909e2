"""The life of a finding: opened, changed, gone, reopened. Events of the log, never edited.

A finding that a night no longer finds is *gone*; that is not yet struck off (销号).
"""

from datetime import datetime
from typing import Any

import duckdb
import msgspec

from regaudit.catalogue.events import LogEvent, event_class


def changes(db: duckdb.DuckDBPyConnection, *, as_of: datetime, run_no: int) -> list[LogEvent]:
    """The events that bring the ledger in line with this run's violations, from `results.finding_changes`."""
    cursor = db.execute("FROM results.finding_changes ORDER BY finding_id")
    names = [name for name, *_ in cursor.description or []]
    return [_event(dict(zip(names, row, strict=True)), as_of, run_no) for row in cursor.fetchall()]


def _event(row: dict[str, Any], as_of: datetime, run_no: int) -> LogEvent:
    for name in ("occurred_at", "due_on"):
        row[name] = row[name].isoformat() if row[name] else None
    row |= {"as_of": as_of.isoformat(), "run_no": run_no}
    row |= {"originator_id": f"finding:{row['finding_id']}", "originator_version": row["version"] + 1}
    event: LogEvent = msgspec.convert(row, event_class(f"finding-{row['change']}"))
    return event
