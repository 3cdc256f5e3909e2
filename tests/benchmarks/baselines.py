"""What regaudit's speed is held against: plain, idiomatic ways to do parts of the same work."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import duckdb
import polars as pl
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event


class Case(Aggregate):
    """A case as a plain `eventsourcing` aggregate: one event a step."""

    @event("Opened")
    def __init__(self, office: str, case_no: str) -> None:
        self.key = f"{office}/{case_no}"
        self.last = ""

    @event("StepRecorded")
    def record(self, action: str) -> None:
        """Record a step."""
        self.last = action


class Cases(Application[UUID]):
    """The library's own SQLite recorder and JSON transcoder."""


def aggregates(steps: Path, home: Path, cases: int) -> tuple[int, float]:
    """Save the first `cases` cases of an export, one `save` a case; returns events and seconds."""
    rows = pl.read_csv(steps, infer_schema=False).unique(maintain_order=True)
    sample = rows.select("office", "case_no").unique(maintain_order=True).head(cases)
    groups = list(_cases(rows.join(sample, on=["office", "case_no"], maintain_order="left")))
    environment = {
        "PERSISTENCE_MODULE": "eventsourcing.sqlite",
        "SQLITE_DBNAME": str(home / "aggregates.sqlite"),
    }
    started, events = time.perf_counter(), 0
    with Cases(env=environment) as application:
        for office, case_no, actions in groups:
            case = Case(office, case_no)
            for action in actions:
                case.record(action)
            application.save(case)
            events += len(actions)
    return events, time.perf_counter() - started


def _cases(rows: pl.DataFrame) -> Iterator[tuple[str, str, list[str]]]:
    for (office, case_no), group in rows.group_by(["office", "case_no"], maintain_order=True):
        actions = [
            json.dumps({k: v for k, v in row.items() if v is not None}, ensure_ascii=False)
            for row in group.iter_rows(named=True)
        ]
        yield str(office), str(case_no), actions


def read_csv(steps: Path) -> float:
    """Seconds that DuckDB's bare `read_csv` takes for the same file."""
    with duckdb.connect() as db:
        db.execute("SET threads = 2")
        started = time.perf_counter()
        db.execute(f"CREATE TABLE rows AS FROM read_csv('{steps}', all_varchar = true)")
        return time.perf_counter() - started
