"""One check of the whole log: projections, rules, comparison with the log, publication, and its record."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Literal

import duckdb
from msgspec import Struct

from regaudit.audit.finding_changes import changes
from regaudit.audit.inputs import Inputs, compute, make_inputs
from regaudit.audit.kept_inputs import keep
from regaudit.audit.results import settle
from regaudit.audit.rule_runs import RuleRun, findings_hash, rule_counts
from regaudit.audit.workspace import Workspace
from regaudit.base.clock import night_of
from regaudit.catalogue.event_types import RunCompleted
from regaudit.catalogue.events import LogEvent
from regaudit.warehouse.build import Warehouse
from regaudit.warehouse.publish import draft, publish

RunKind = Literal["nightly", "check"]
Closing = Callable[[duckdb.DuckDBPyConnection, RunCompleted], list[LogEvent]]


class Checked(Struct, frozen=True, kw_only=True):
    """A finished check: what ran, what was found, where it is published; its event is not appended yet."""

    run_no: int
    log_position: int
    runs: list[RuleRun]
    findings: int
    published: Path
    event: RunCompleted
    events: list[LogEvent] = []

    @property
    def errors(self) -> list[str]:
        """Rules that could not be run, for people (Chinese)."""
        return [f"规则 {run.rule} 运行出错:{run.error}" for run in self.runs if run.status == "error"]


def check(
    workspace: Workspace,
    warehouse: Warehouse,
    *,
    as_of: datetime,
    kind: RunKind,
    closing: Closing | None = None,
) -> Checked:
    """Check the log as of a time and publish the analyst database.

    `closing` is asked for further events of the run before what it computed is published.

    Raises:
        MirrorMismatchError: the log is not what was mirrored; nothing is published.
    """
    db, progress = warehouse.db, workspace.progress
    settings = workspace.settings
    inputs = make_inputs(workspace.home, settings, settings.profile, workspace.profile)
    keep(workspace.home, inputs)
    position = warehouse.catch_up(workspace.log, progress)
    with warehouse.comparing(workspace.log, position, progress):
        increment, runs = compute(warehouse, inputs, as_of=as_of, position=position, progress=progress)
        event = run_event(workspace, inputs, db, runs, as_of=as_of, kind=kind, position=position)
        settle(db, event)
        events = closing(db, event) if closing else []
        progress("发布", 0, 0)
        copy = draft(db, workspace.home, increment, warehouse.files)
    published = publish(copy, workspace.home)
    increment.finish()
    return Checked(
        run_no=event.originator_version,
        log_position=position,
        runs=runs,
        findings=event.findings,
        published=published,
        event=event,
        events=events,
    )


def record(workspace: Workspace, checked: Checked) -> None:
    """Append the run to the log."""
    workspace.log.append_all([checked.event])


def record_with_ledger(
    workspace: Workspace, db: duckdb.DuckDBPyConnection, checked: Checked, *, as_of: datetime
) -> None:
    """Append the ledger's changes and the run in one transaction."""
    log = workspace.log
    log.append_next(
        lambda: [
            *changes(db, log.versions, as_of=as_of, run_no=checked.run_no),
            *checked.events,
            checked.event,
        ]
    )


def run_event(
    workspace: Workspace,
    inputs: Inputs,
    db: duckdb.DuckDBPyConnection,
    runs: list[RuleRun],
    *,
    as_of: datetime,
    kind: RunKind,
    position: int,
) -> RunCompleted:
    """The run's own event, not appended yet; `db` has the rules' results."""
    facts = inputs.facts()
    return RunCompleted(
        "runs",
        workspace.log.version("runs") + 1,
        kind=kind,
        as_of=as_of.isoformat(),
        night=night_of(as_of).isoformat(),
        log_position=position,
        profile=facts.profile,
        profile_sha256=facts.profile_sha256,
        calendar=facts.calendar,
        rules=facts.rules,
        params=facts.params,
        local_sha256=facts.local_sha256,
        calendar_sha256=facts.calendar_sha256,
        sql_sha256=facts.sql_sha256,
        program=facts.program,
        findings_sha256=findings_hash(db),
        findings=sum(run.violations for run in runs),
        counts=rule_counts(runs),
        finished_at=workspace.now().isoformat(),
    )
