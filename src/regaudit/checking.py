"""One check of the whole log: projections, rules, comparison with the log, publication, and its record."""

from datetime import datetime
from pathlib import Path
from typing import Literal

import duckdb
from msgspec import Struct

from regaudit.bootstrap import Workspace
from regaudit.calendar import calendar_version
from regaudit.catalogue import LogEvent, event_class
from regaudit.findings import RuleRun, findings_hash, run_rules
from regaudit.ledger import changes, settle
from regaudit.warehouse.build import Warehouse
from regaudit.warehouse.publish import publish

RunKind = Literal["nightly", "check"]

_PUBLISHED_RUNS = """
CREATE OR REPLACE TABLE results.published_runs AS
SELECT * EXCLUDE (position) FROM core.runs
UNION ALL BY NAME
SELECT
    $run_no AS run_no, $kind AS kind, $as_of::TIMESTAMP AS as_of, $night::DATE AS night,
    $log_position AS log_position, $profile AS profile, $profile_sha256 AS profile_sha256,
    $calendar AS calendar, $rules AS rules, $findings AS findings, $findings_sha256 AS findings_sha256,
    $finished_at::TIMESTAMP AS finished_at
"""


class Checked(Struct, frozen=True, kw_only=True):
    """A finished check: what ran, what was found, where it is published; its event is not appended yet."""

    run_no: int
    log_position: int
    runs: list[RuleRun]
    findings: int
    published: Path
    event: LogEvent

    @property
    def errors(self) -> list[str]:
        """Rules that could not be run, for people (Chinese)."""
        return [f"规则 {run.rule} 运行出错:{run.error}" for run in self.runs if run.status == "error"]


def check(workspace: Workspace, warehouse: Warehouse, *, as_of: datetime, kind: RunKind) -> Checked:
    """Check the log as of a time and publish the analyst database.

    Raises:
        MirrorMismatchError: the log is not what was mirrored; nothing is published.
    """
    db, progress = warehouse.db, workspace.progress
    position = warehouse.catch_up(workspace.log, progress)
    with warehouse.comparing(workspace.log, position, progress):
        increment = warehouse.build_core(
            as_of=as_of,
            position=position,
            settings=workspace.settings,
            profile=workspace.profile,
            rules=workspace.rules,
            progress=progress,
        )
        runs = run_rules(db, increment, warehouse.files, workspace.rules, progress)
        settle(db)
    event = _run_event(workspace, db, runs, as_of=as_of, kind=kind, position=position)
    _publish_runs(db, event)
    progress("发布", 0, 0)
    published = publish(db, workspace.home, increment, warehouse.files)
    increment.finish()
    return Checked(
        run_no=event.originator_version,
        log_position=position,
        runs=runs,
        findings=vars(event)["findings"],
        published=published,
        event=event,
    )


def record(workspace: Workspace, checked: Checked) -> None:
    """Append the run to the log."""
    workspace.log.append_all([checked.event])


def record_with_ledger(
    workspace: Workspace, db: duckdb.DuckDBPyConnection, checked: Checked, *, as_of: datetime
) -> None:
    """Append the ledger's changes and the run in one transaction."""
    events = [*changes(db, as_of=as_of, run_no=checked.run_no), checked.event]
    workspace.log.append_batches([[workspace.log.stored_row(event) for event in events]])


def _run_event(
    workspace: Workspace,
    db: duckdb.DuckDBPyConnection,
    runs: list[RuleRun],
    *,
    as_of: datetime,
    kind: RunKind,
    position: int,
) -> LogEvent:
    counts = {
        run.rule: {
            "status": run.status,
            "examined": run.examined,
            "violations": run.violations,
            "unknown": run.unknown,
        }
        for run in runs
    }
    return event_class("run-completed")(
        "runs",
        workspace.log.version("runs") + 1,
        kind=kind,
        as_of=as_of.isoformat(),
        night=as_of.date().isoformat(),
        log_position=position,
        profile=workspace.settings.profile,
        profile_sha256=workspace.profile.fingerprint(),
        calendar=calendar_version(),
        rules={rule.name: rule.version for rule in workspace.rules.values()},
        findings_sha256=findings_hash(db),
        findings=sum(run.violations for run in runs),
        counts=counts,
        finished_at=workspace.now().isoformat(),
    )


def _publish_runs(db: duckdb.DuckDBPyConnection, event: LogEvent) -> None:
    state = vars(event)
    names = ("kind", "as_of", "night", "log_position", "profile", "profile_sha256", "calendar")
    rules = ",".join(f'"{name}":{version}' for name, version in sorted(state["rules"].items()))
    db.execute(
        _PUBLISHED_RUNS,
        {name: state[name] for name in (*names, "findings", "findings_sha256", "finished_at")}
        | {"run_no": event.originator_version, "rules": f"{{{rules}}}"},
    )
