"""One check of the whole log: projections, rules, comparison with the log, publication, and its record."""

from datetime import datetime
from pathlib import Path
from typing import Literal

import duckdb
from msgspec import Struct, json

from regaudit.audit.finding_changes import changes, settle
from regaudit.audit.inputs import Inputs, compute, make_inputs
from regaudit.audit.kept_inputs import keep
from regaudit.audit.rule_runs import RuleRun, findings_hash
from regaudit.audit.workspace import Workspace
from regaudit.catalogue.events import LogEvent, event_class
from regaudit.warehouse.build import Warehouse
from regaudit.warehouse.publish import draft, publish

_canonical = json.Encoder(order="sorted")

RunKind = Literal["nightly", "check"]

_PUBLISHED_RUNS = """
CREATE OR REPLACE TABLE results.published_runs AS
SELECT * EXCLUDE (position) FROM core.runs
UNION ALL BY NAME
SELECT
    $run_no AS run_no, $kind AS kind, $as_of::TIMESTAMP AS as_of, $night::DATE AS night,
    $log_position AS log_position, $profile AS profile, $profile_sha256 AS profile_sha256,
    $calendar AS calendar, $rules AS rules, $params AS params, $findings AS findings,
    $findings_sha256 AS findings_sha256, $finished_at::TIMESTAMP AS finished_at, false AS is_withdrawn
"""

# A finding of an earlier day may rest on rows that came late: its latest import says so.
_BROUGHT_BY = """
CREATE OR REPLACE TABLE results.published_findings AS
WITH imported AS (
    SELECT position, import_no FROM staging.steps
    UNION ALL
    SELECT position, import_no FROM staging.roster_entries
    UNION ALL
    SELECT position, import_no FROM staging.imports
),
brought AS (
    SELECT e.finding_id, max(i.import_no) AS brought_by
    FROM (SELECT finding_id, unnest(evidence) AS position FROM results.published_findings) AS e
    INNER JOIN imported AS i ON e.position = i.position
    GROUP BY e.finding_id
)
SELECT f.*, b.brought_by
FROM results.published_findings AS f
LEFT JOIN brought AS b ON f.finding_id = b.finding_id
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
    settings = workspace.settings
    inputs = make_inputs(workspace.home, settings, settings.profile, workspace.profile)
    keep(workspace.home, inputs)
    position = warehouse.catch_up(workspace.log, progress)
    with warehouse.comparing(workspace.log, position, progress):
        increment, runs = compute(warehouse, inputs, as_of=as_of, position=position, progress=progress)
        settle_findings(db)
        event = _run_event(workspace, inputs, db, runs, as_of=as_of, kind=kind, position=position)
        list_run(db, event)
        progress("发布", 0, 0)
        copy = draft(db, workspace.home, increment, warehouse.files)
    published = publish(copy, workspace.home)
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
    log = workspace.log
    log.append_next(lambda: [*changes(db, log.versions, as_of=as_of, run_no=checked.run_no), checked.event])


def _run_event(
    workspace: Workspace,
    inputs: Inputs,
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
        **inputs.facts(),
        findings_sha256=findings_hash(db),
        findings=sum(run.violations for run in runs),
        counts=counts,
        finished_at=workspace.now().isoformat(),
    )


def settle_findings(db: duckdb.DuckDBPyConnection) -> None:
    """Make `results.published_findings` from the computed violations and the ledger."""
    settle(db)
    db.execute(_BROUGHT_BY)


def list_run(db: duckdb.DuckDBPyConnection, event: LogEvent) -> None:
    """Make `results.published_runs`: the runs in the log and this one."""
    state = vars(event)
    names = ("kind", "as_of", "night", "log_position", "profile", "profile_sha256", "calendar")
    texts = {name: _canonical.encode(state[name]).decode() for name in ("rules", "params")}
    db.execute(
        _PUBLISHED_RUNS,
        {name: state[name] for name in (*names, "findings", "findings_sha256", "finished_at")}
        | {"run_no": event.originator_version, **texts},
    )
