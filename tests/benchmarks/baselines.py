"""What regaudit's speed is held against: plain, idiomatic ways to do parts of the same work."""

import json
import time
from pathlib import Path
from uuid import UUID

import duckdb
import polars as pl
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from regaudit.catalogue.events import event_class
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.make import make_log


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
    groups = _cases(steps, cases)
    environment = {
        "PERSISTENCE_MODULE": "eventsourcing.sqlite",
        "SQLITE_DBNAME": str(home / "aggregates.sqlite"),
    }
    started, events = time.perf_counter(), 0
    with Cases(env=environment) as application:
        for office, case_no, actions in groups:
            case = Case(office, case_no)
            for action in actions:
                case.record(json.dumps(action, ensure_ascii=False))
            application.save(case)
            events += len(actions)
    return events, time.perf_counter() - started


def sealed_saves(steps: Path, home: Path, cases: int) -> tuple[int, float]:
    """The same saves with what an import guarantees: our log, tree and signed checkpoint, a save a case."""
    groups = _cases(steps, cases)
    home.mkdir()
    make_log(home)
    recorded, events = event_class("step-recorded"), 0
    with EventLog(home) as log:
        started = time.perf_counter()
        for office, case_no, actions in groups:
            stream = f"case:{office}/{case_no}"
            log.append_all(
                [
                    recorded(stream, n, action=action, action_id="0" * 32, import_no=1, row_no=n)
                    for n, action in enumerate(actions, start=1)
                ]
            )
            events += len(actions)
        return events, time.perf_counter() - started


def _cases(steps: Path, cases: int) -> list[tuple[str, str, list[dict[str, str]]]]:
    """The first cases of an export: office, case number, actions."""
    rows = pl.read_csv(steps, infer_schema=False).unique(maintain_order=True)
    sample = rows.select("office", "case_no").unique(maintain_order=True).head(cases)
    chosen = rows.join(sample, on=["office", "case_no"], maintain_order="left")
    return [
        (
            str(office),
            str(case_no),
            [{k: v for k, v in row.items() if v is not None} for row in group.iter_rows(named=True)],
        )
        for (office, case_no), group in chosen.group_by(["office", "case_no"], maintain_order=True)
    ]


def read_csv(steps: Path) -> float:
    """Seconds that DuckDB's bare `read_csv` takes for the same file."""
    with duckdb.connect() as db:
        db.execute("SET threads = 2")
        started = time.perf_counter()
        db.execute(f"CREATE TABLE rows AS FROM read_csv('{steps}', all_varchar = true)")
        return time.perf_counter() - started
