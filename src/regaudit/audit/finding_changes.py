"""The life of a finding: opened, changed, gone, reopened. Events of the log, never edited.

A finding that a night no longer finds is *gone*; that is not yet struck off (销号).
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import duckdb

from regaudit.catalogue.events import LogEvent, event_class

Versions = Callable[[Iterable[str]], Mapping[str, int]]
"""The versions of the last events of streams; those without any are left out."""

# Findings of this run with their history, and those the ledger knows that are not found any more. A rule
# that did not run to its end says nothing about its findings: they stay as they were.
_SETTLE = """
CREATE OR REPLACE TABLE results.published_findings AS
WITH known AS (
    SELECT ledger.* FROM core.ledger, reference.run WHERE ledger.first_found_on <= run.as_of_on
)
SELECT
    v.finding_id, v.rule, v.rule_title, v.severity, v.office, v.case_no, v.account, v.person_id, v.source,
    v.occurred_at, v.due_on, v.summary, v.basis, v.evidence,
    coalesce(k.first_found_on, run.as_of_on) AS first_found_on,
    'open' AS state,
    CASE WHEN k.last_change <> 'gone' THEN k.appeared_on ELSE run.as_of_on END AS changed_on
FROM results.violations AS v
CROSS JOIN reference.run
LEFT JOIN known AS k ON v.finding_id = k.finding_id
UNION ALL
SELECT
    k.finding_id, k.rule, r.title, k.severity, k.office, k.case_no, k.account, k.person_id, k.source,
    k.occurred_at, k.due_on, k.summary, k.basis, k.evidence, k.first_found_on,
    CASE WHEN k.last_change = 'gone' OR r.status <> 'error' THEN 'gone' ELSE 'open' END AS state,
    CASE
        WHEN k.last_change = 'gone' THEN k.changed_on
        WHEN r.status = 'error' THEN k.appeared_on
        ELSE run.as_of_on
    END AS changed_on
FROM known AS k
CROSS JOIN reference.run
INNER JOIN results.rule_runs AS r ON k.rule = r.rule
ANTI JOIN results.violations AS v ON k.finding_id = v.finding_id
"""

_CHANGES = """
SELECT
    coalesce(v.finding_id, k.finding_id) AS finding_id,
    CASE
        WHEN k.first_found_on IS NULL THEN 'opened'
        WHEN v.finding_id IS NULL THEN 'gone'
        WHEN k.last_change = 'gone' THEN 'reopened'
        ELSE 'changed'
    END AS change,
    v.rule, v.severity, v.office, v.case_no, v.account, v.person_id, v.source, v.occurred_at, v.due_on,
    v.summary, v.basis, v.evidence
FROM results.violations AS v
FULL OUTER JOIN core.ledger AS k ON v.finding_id = k.finding_id
LEFT JOIN results.rule_runs AS r ON k.rule = r.rule
WHERE
    (
        v.finding_id IS NOT NULL
        AND (k.first_found_on IS NULL OR k.last_change = 'gone' OR k.severity <> v.severity)
    )
    OR (v.finding_id IS NULL AND k.last_change <> 'gone' AND r.status <> 'error')
ORDER BY finding_id
"""


def settle(db: duckdb.DuckDBPyConnection) -> None:
    """Make `results.published_findings`: this run's findings and the gone ones, with their dates."""
    db.execute(_SETTLE)


def changes(
    db: duckdb.DuckDBPyConnection, versions: Versions, *, as_of: datetime, run_no: int
) -> list[LogEvent]:
    """The events that bring the ledger in line with this run's violations, as the next of their streams.

    `versions` gives those of many streams, as the log has them now: others append to a finding's stream, too.
    """
    cursor = db.execute(_CHANGES)
    names = [name for name, *_ in cursor.description or []]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    streams = [f"finding:{row.pop('finding_id')}" for row in rows]
    last = versions(streams)
    return [
        _event(row, stream, last.get(stream, 0) + 1, as_of, run_no)
        for stream, row in zip(streams, rows, strict=True)
    ]


def _event(row: dict[str, Any], stream: str, version: int, as_of: datetime, run_no: int) -> LogEvent:
    change = row.pop("change")
    make = event_class(f"finding-{change}")
    for name in ("occurred_at", "due_on"):
        row[name] = row[name].isoformat() if row[name] else None
    kind = make.kind
    state = {
        name: row[name]
        for name in kind.fields
        if name in row and not (name in kind.optional and row[name] is None)
    }
    return make(stream, version, as_of=as_of.isoformat(), run_no=run_no, **state)
