"""Tables of the schema `results`: what becomes of a run's violations."""

from typing import Any

import duckdb
from msgspec import json

from regaudit.catalogue.event_types import NightJudged, RunCompleted, SettingsChanged
from regaudit.catalogue.sqlfile import result_sql

LISTED = ("published_findings", "finding_steps", "finding_evidence", "finding_holders", "finding_persons")
"""What is made of the findings of a run, in order: their steps, their evidence's roles, their persons."""
_canonical = json.Encoder(order="sorted")


def settle(db: duckdb.DuckDBPyConnection, run: RunCompleted) -> None:
    """Make what is published of a run beside the core tables, from its violations and the ledger.

    `results.published_findings` are its findings and the gone ones, `finding_evidence` what rows are to them,
    `finding_persons` who had to do with them, `published_runs` the runs in the log and this one,
    `finding_changes` what `changes` will tell the ledger, and `finding_history` all that the ledger was told,
    tonight included; `ceased` are the findings that the night before had and that are gone, or due on another
    day, through rows or rosters which speak of days that it had judged. `nights` and `setting_changes` are as
    the log has them, see `list_night`.

    Args:
        db: the warehouse, with the rules' results.
        run: `run-completed`, appended or not.
    """
    list_findings(db)
    make_result(db, "finding_changes")
    _list_run(db, run)
    make_result(db, "finding_history")
    for name in ("lost_findings", "lost_causes", "ceased"):
        make_result(db, name)
    list_night(db, None)


def settle_apart(db: duckdb.DuckDBPyConnection) -> None:
    """Make the same of violations that no run of the log stands for: its log is told nothing."""
    list_findings(db)
    make_result(db, "finding_changes")
    db.execute("TRUNCATE results.finding_changes")
    db.execute("CREATE OR REPLACE TABLE results.published_runs AS SELECT * EXCLUDE (position) FROM core.runs")
    make_result(db, "finding_history")
    for name in ("lost_findings", "lost_causes", "ceased"):
        make_result(db, name)
    list_night(db, None)


def list_findings(db: duckdb.DuckDBPyConnection) -> None:
    """Make the findings of a run, with their evidence's roles and their persons."""
    for name in LISTED:
        make_result(db, name)


def _list_run(db: duckdb.DuckDBPyConnection, run: RunCompleted) -> None:
    texts = {name: _canonical.encode(getattr(run, name)).decode() for name in ("rules", "params")}
    names = ("kind", "as_of", "night", "log_position", "profile", "profile_sha256", "calendar", "findings")
    facts = {name: getattr(run, name) for name in (*names, "findings_sha256", "finished_at")}
    make_result(db, "published_runs", {"run_no": run.originator_version, **facts, **texts})


def list_night(
    db: duckdb.DuckDBPyConnection, judged: NightJudged | None, told: SettingsChanged | None = None
) -> None:
    """Make `results.nights` and `results.setting_changes` with tonight's, not appended yet."""
    night = {name: getattr(judged, name, None) for name in ("night", "run_no", "as_of", "judged_at", "light")}
    because = None if judged is None else _canonical.encode(judged.because).decode()
    make_result(db, "nights", {**night, "because": because})
    changes = [] if told is None else told.changes
    seen = {name: getattr(told, name, None) for name in ("night", "run_no", "seen_at")}
    make_result(db, "setting_changes", {**seen, "changes": _canonical.encode(changes).decode()})


def make_result(db: duckdb.DuckDBPyConnection, name: str, parameters: dict[str, Any] | None = None) -> None:
    """Make `results.<name>` from the SELECT of `projections/results/<name>.sql`."""
    db.execute(f"CREATE OR REPLACE TABLE results.{name} AS {result_sql(name)}", parameters or {})
