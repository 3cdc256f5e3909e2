"""One check of the whole log: projections, rules, comparison with the log, its record, and publication."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Literal

import duckdb
from msgspec import Struct
from msgspec.structs import replace

from regaudit.audit.finding_changes import changes, read_changes
from regaudit.audit.inputs import Inputs, compute, make_inputs
from regaudit.audit.kept_inputs import keep
from regaudit.audit.results import settle
from regaudit.audit.rule_runs import RuleRun, findings_hash, rule_counts
from regaudit.audit.workspace import Workspace
from regaudit.base.archive_id import archive_id
from regaudit.base.clock import night_of
from regaudit.base.errors import NotPublishedError
from regaudit.base.folders import Folders
from regaudit.catalogue.event_types import RunCompleted
from regaudit.catalogue.events import LogEvent
from regaudit.warehouse.publish import draft, publish
from regaudit.warehouse.sealed import SealedWarehouse

RunKind = Literal["nightly", "check"]


Closing = Callable[[duckdb.DuckDBPyConnection, RunCompleted], Callable[[], list[LogEvent]]]
"""What else a run has to say when its tables are settled: it makes the tables of the ledger, may write others
that are published, and gives what makes the events for the transaction of the run: made again where others
appended to their streams meanwhile."""


class Checked(Struct, frozen=True, kw_only=True):
    """A finished check, which the log has: what ran, what was found, where it is published.

    `integrity` has what was found instead of what earlier runs had sealed, a sentence each, `notices` what
    interruptions left, and `unpublished` why what is published is still of an earlier run (Chinese).
    """

    run_no: int
    log_position: int
    runs: list[RuleRun]
    findings: int
    published: Path
    event: RunCompleted
    integrity: list[str] = []
    notices: list[str] = []
    unpublished: str = ""

    @property
    def errors(self) -> list[str]:
        """What of it did not succeed, for people (Chinese)."""
        rules = [f"规则 {run.rule} 运行出错:{run.error}" for run in self.runs if run.status == "error"]
        return [*rules, *([self.unpublished] if self.unpublished else [])]


def open_warehouse(workspace: Workspace, *, rebuild: bool = False) -> SealedWarehouse:
    """The warehouse of a workspace on what its last run sealed, or on nothing to `rebuild`.

    Raises:
        DatabaseFileError: another process has it open for writing, or it cannot be opened.
        MirrorMismatchError: the file that lies there remembers another log than this.
    """
    limit = workspace.settings.warehouse.memory_limit
    return SealedWarehouse(workspace.home, workspace.log, memory_limit=limit, rebuild=rebuild)


def check(
    workspace: Workspace,
    warehouse: SealedWarehouse,
    *,
    as_of: datetime,
    kind: RunKind,
    closing: Closing,
) -> Checked:
    """Check the log as of a time, put the run into the log, and publish the analyst database.

    Run, seal, what `closing` gives and, of a nightly run, the ledger's changes are one transaction. Before it
    nothing that was there has been touched; behind it everything lies ready to be put in place. Afterwards
    the tables of `warehouse` can only be read.

    Args:
        workspace: the workspace, opened for a run.
        warehouse: its warehouse.
        as_of: local time up to which actions count.
        kind: a nightly run changes the ledger.
        closing: runs when the results are settled.

    Raises:
        MirrorMismatchError: the log is not what was mirrored; nothing is published.
        DatabaseFileError: somebody has the published database open for writing; nothing is published.
        RegauditError: it cannot be handed to whom the settings name; nothing is published.
    """
    db, progress, log = warehouse.db, workspace.progress, workspace.log
    settings = workspace.settings
    inputs = make_inputs(workspace.home, settings, settings.profile, workspace.profile)
    keep(workspace.home, inputs)
    with warehouse.comparing(log, progress) as position:
        increment, runs = compute(warehouse, inputs, as_of=as_of, position=position, progress=progress)
        event = run_event(workspace, inputs, db, runs, as_of=as_of, kind=kind, position=position)
        settle(db, event)
        own = closing(db, event)
        rows = read_changes(db) if kind == "nightly" else []
        progress("发布", 0, 0)
        drafted = draft(warehouse, workspace.home, settings.publish, increment)
    increment.finish()
    event = replace(event, warehouse_sha256=warehouse.close_draft(), published_sha256=drafted.sha256)
    run_no = event.originator_version
    log.append_next(lambda: [*changes(rows, log.versions, as_of=as_of, run_no=run_no), *own(), event])
    warehouse.put_in_place()
    notices, unpublished = list(warehouse.notices), ""
    try:
        publish(drafted, notices)
    except NotPublishedError as error:
        # The log has the run, and whoever called is to tell of what it found.
        unpublished = str(error)
    return Checked(
        run_no=run_no,
        log_position=position,
        runs=runs,
        findings=event.findings,
        published=Folders(workspace.home).database,
        event=event,
        integrity=[found.text for found in warehouse.contradictions],
        notices=notices,
        unpublished=unpublished,
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
    """What the log keeps of a run, not appended yet."""
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
        archive=archive_id(workspace.home),
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
