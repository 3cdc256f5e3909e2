"""The life of a finding: opened, changed, gone, reopened. Events of the log, never edited.

A finding that a night no longer finds is *gone*; that is not yet struck off (销号).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import duckdb
import msgspec

from regaudit.catalogue.events import LogEvent, event_class

Versions = Callable[[Iterable[str]], Mapping[str, int]]
"""The versions of the last events of streams; those without any are left out."""


def read_changes(db: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """What `results.finding_changes` says, a dict a finding."""
    cursor = db.execute("FROM results.finding_changes ORDER BY finding_id")
    names = [name for name, *_ in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def changes(
    rows: Sequence[Mapping[str, Any]], versions: Versions, *, as_of: datetime, run_no: int
) -> list[LogEvent]:
    """The events that bring the ledger in line with a run's violations, from `read_changes`.

    `versions` gives those of many streams, as the log has them now: others append to a finding's stream, too.
    """
    streams = [f"finding:{row['finding_id']}" for row in rows]
    last = versions(streams)
    return [
        _event(row, stream, last.get(stream, 0) + 1, as_of, run_no)
        for stream, row in zip(streams, rows, strict=True)
    ]


def _event(row: Mapping[str, Any], stream: str, version: int, as_of: datetime, run_no: int) -> LogEvent:
    fields = dict(row)
    for name in ("occurred_at", "due_on"):
        fields[name] = fields[name].isoformat() if fields[name] else None
    fields |= {"as_of": as_of.isoformat(), "run_no": run_no}
    fields |= {"originator_id": stream, "originator_version": version}
    event: LogEvent = msgspec.convert(fields, event_class(f"finding-{row['change']}"))
    return event
