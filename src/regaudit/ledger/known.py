"""What the ledger knows of findings and their rows, as tables beside a run's violations."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import duckdb
import polars as pl

from regaudit.audit.ledger_nights import Night
from regaudit.catalogue.event_types import RunCompleted
from regaudit.catalogue.profiles import Profile
from regaudit.catalogue.rules import goes_on_ledger, load_rules
from regaudit.ledger.entry import Entry

_FINDINGS: dict[str, Any] = {
    "entry": pl.String,
    "seq": pl.Int64,
    "finding_id": pl.String,
    "rule": pl.String,
    "office": pl.String,
    "case_no": pl.String,
    "kind": pl.String,
    "state": pl.String,
    "is_final": pl.Boolean,
    "final_at": pl.Datetime("us"),
    "lasts_until": pl.Date,
    "severity": pl.String,
    "last_severity": pl.String,
    "log_position": pl.Int64,
    "is_gone": pl.Boolean,
    "is_not_run": pl.Boolean,
}
_EVIDENCE: dict[str, Any] = {"entry": pl.String, "position": pl.Int64}
_RULES: dict[str, Any] = {
    "rule": pl.String,
    "version": pl.Int64,
    "is_on": pl.Boolean,
    "is_lasting": pl.Boolean,
    "part_of": pl.List(pl.String),
    "is_changed": pl.Boolean,
}
# Several cases of a batch, and their findings, stand in the same order.
_CASES = """
UPDATE results.entry_findings AS e SET case_no = k.case_no
FROM core.ledger AS k WHERE e.finding_id = k.finding_id AND e.kind <> 'history'
"""


def load_known(
    db: duckdb.DuckDBPyConnection, entries: Iterable[Entry], profile: Profile, changed: Mapping[str, bool]
) -> None:
    """Make `results.entry_findings`, `entry_evidence` and `entry_rules`.

    Args:
        db: the warehouse, with the results of a run.
        entries: all entries in the order in which they were opened.
        profile: says which rules go on the ledger.
        changed: of each rule, whether it or what it is judged by is not the last night's.
    """
    findings: list[tuple[Any, ...]] = []
    evidence: list[tuple[str, int]] = []
    for seq, entry in enumerate(entries):
        findings += _findings(seq, entry)
        positions = {row.position for row in entry.opened.evidence}
        positions |= {row.position for note in entry.notes for row in note.evidence}
        evidence += ((entry.number, position) for position in positions)
    rules = [
        (
            *(rule.name, rule.version, goes_on_ledger(rule, profile), rule.lasting, rule.part_of),
            changed.get(rule.name, True),
        )
        for rule in load_rules().values()
    ]
    for name, rows, schema in (
        ("entry_findings", findings, _FINDINGS),
        ("entry_evidence", evidence, _EVIDENCE),
        ("entry_rules", rules, _RULES),
    ):
        create(db, name, pl.DataFrame(rows, schema=schema, orient="row"))
    db.execute(_CASES)


def changed_rules(night: Night, last: RunCompleted | None, run: RunCompleted) -> dict[str, bool]:
    """Of each rule of a run, whether its version, its parameters or the profile differ from the last night's.

    `last` is the last counting night of an earlier date than `night`; without one nothing has changed.
    """
    if last is None or night.previous is None:
        return dict.fromkeys(run.rules, False)
    is_other = last.profile_sha256 != run.profile_sha256
    return {
        rule: is_other or last.rules.get(rule) != version or last.params.get(rule) != run.params.get(rule)
        for rule, version in run.rules.items()
    }


def create(db: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame) -> None:
    """Make `results.<name>` from a frame."""
    db.register("frame", frame.to_arrow())
    db.execute(f"CREATE OR REPLACE TABLE results.{name} AS FROM frame")
    db.unregister("frame")


def _findings(seq: int, entry: Entry) -> Iterable[tuple[Any, ...]]:
    opened, now, is_final = entry.opened, entry.now, entry.is_final
    rules, severities = dict.fromkeys(opened.finding_ids, opened.rule), {}
    gone: set[str] = set()
    for note in entry.notes:
        if note.kind == "part":
            rules[note.finding_id] = note.rule
        if note.kind == "gone":
            gone.add(note.finding_id)
        elif note.kind == "back":
            gone.discard(note.finding_id)
        if note.severity:
            severities[note.finding_id] = note.severity
    fixed = (opened.office, None, opened.kind, now.state, is_final)
    ends = (now.since if is_final else None, now.lasts_until, entry.severity)
    for finding, rule in rules.items():
        last = severities.get(finding, opened.severity)
        told = (last, opened.log_position, finding in gone, entry.is_not_run)
        yield (entry.number, seq, finding, rule, *fixed, *ends, *told)


def opened_at(entry: Entry) -> datetime:
    """When an entry was opened, for their order."""
    return datetime.fromisoformat(entry.opened.at)
