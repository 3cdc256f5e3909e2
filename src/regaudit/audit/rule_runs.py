"""Runs the rules and gathers what they found, with ids that stay the same from night to night."""

import re
import time
from collections.abc import Iterable, Mapping
from typing import Protocol

import duckdb
from msgspec import Struct

from regaudit.base.progress import Progress
from regaudit.catalogue.event_types import RuleCounts
from regaudit.catalogue.rules import ANY_SUBJECT, ROLE_COLUMNS, Rule
from regaudit.catalogue.sqlfile import SqlFile

UNSAID = "记录不足,无法判断"
_FIELD = re.compile(r"\{(\w+)(?::(\w+))?\}")
_COLUMNS = {
    "office": "VARCHAR",
    "case_no": "VARCHAR",
    "account": "VARCHAR",
    "person_id": "VARCHAR",
    "source": "VARCHAR",
    "occurred_at": "TIMESTAMP",
    "due_on": "DATE",
    "evidence": "BIGINT[]",
}
_SUBJECT = ("office", "case_no", "account", "person_id", "source")
_SUBJECT_COLUMNS = {
    "case": ("office", "case_no"),
    "account": ("office", "account"),
    "person": ("person_id",),
    "source": ("source",),
}
SETUP = f"""
CREATE OR REPLACE TABLE results.violations (
    finding_id VARCHAR, rule VARCHAR, rule_title VARCHAR, severity VARCHAR, office VARCHAR, case_no VARCHAR,
    account VARCHAR, person_id VARCHAR, source VARCHAR, occurred_at TIMESTAMP, due_on DATE, evidence BIGINT[],
    basis VARCHAR, summary VARCHAR);
CREATE OR REPLACE TABLE results.violation_roles (
    finding_id VARCHAR, evidence_role VARCHAR, is_answerable BOOLEAN, shows VARCHAR[],
    {", ".join(f"{name} BIGINT[]" for name in ROLE_COLUMNS.values())});
CREATE OR REPLACE TABLE results.unknowns (
    rule VARCHAR, rule_title VARCHAR, office VARCHAR, case_no VARCHAR, account VARCHAR, person_id VARCHAR,
    source VARCHAR, occurred_at TIMESTAMP, evidence BIGINT[], why VARCHAR, waits_for VARCHAR);
CREATE OR REPLACE TABLE results.rule_runs (
    rule VARCHAR, title VARCHAR, version INTEGER, severity VARCHAR, status VARCHAR, examined BIGINT,
    violations BIGINT, unknown BIGINT, seconds DOUBLE, error VARCHAR);
"""


class RuleRun(Struct, frozen=True, kw_only=True):
    """How one rule fared: `passed`, `failed` (it found something), `not_applicable` or `error`."""

    rule: str
    status: str
    examined: int
    violations: int
    unknown: int
    seconds: float
    error: str


class Maker(Protocol):
    """Makes the tables of SQL files, as an increment of the warehouse does."""

    def make(self, file: SqlFile) -> None:
        """Make a file's table."""

    def spoil(self) -> None:
        """Hear that a table could not be made."""


def run_rules(
    db: duckdb.DuckDBPyConnection,
    maker: Maker,
    files: list[SqlFile],
    rules: dict[str, Rule],
    progress: Progress,
) -> list[RuleRun]:
    """Run every given rule over the core tables.

    Violations go to `results.violations`, what their evidence is to them to `results.violation_roles`, what a
    rule could not decide to `results.unknowns`, the counts to `results.rule_runs`.
    A rule that fails does not stop the others; its run has status `error` and the message.
    """
    db.execute("CREATE SCHEMA IF NOT EXISTS results")
    db.execute(SETUP)
    by_name = {file.name: file for file in files if file.layer == "findings"}
    runs = []
    for done, rule in enumerate(rules.values(), start=1):
        run = _run(db, maker, rule, by_name[rule.table])
        note_run(db, rule, run)
        runs.append(run)
        progress("规则", done, len(rules))
    return runs


def note_run(db: duckdb.DuckDBPyConnection, rule: Rule, run: RuleRun) -> None:
    """Note in `results.rule_runs` how a rule fared."""
    db.execute(
        "INSERT INTO results.rule_runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            *(rule.name, rule.title, rule.version, rule.severity, run.status),
            *(run.examined, run.violations, run.unknown, run.seconds, run.error),
        ],
    )


def status_of(examined: int, violations: int) -> str:
    """How a rule fared that could be run, by how many subjects it examined and how many violate it."""
    return "not_applicable" if examined == 0 else "failed" if violations else "passed"


def rule_counts(runs: Iterable[RuleRun]) -> dict[str, RuleCounts]:
    """What the log keeps of how each rule fared."""
    return {
        run.rule: RuleCounts(
            status=run.status, examined=run.examined, violations=run.violations, unknown=run.unknown
        )
        for run in runs
    }


def findings_hash(db: duckdb.DuckDBPyConnection) -> str:
    """SHA-256 over all violations of this run, in order of their ids."""
    return str(
        db.execute(
            "SELECT coalesce(sha256(string_agg(to_json(v)::VARCHAR, chr(10) ORDER BY finding_id)), '') "
            "FROM results.violations AS v"
        ).fetchall()[0][0]
    )


def _run(db: duckdb.DuckDBPyConnection, maker: Maker, rule: Rule, file: SqlFile) -> RuleRun:
    table, started = file.table, time.perf_counter()
    examined = violations = unknown = 0
    status, message = "error", ""
    try:
        maker.make(file)
        counts = "count(*), count(*) FILTER (is_violation), count(*) FILTER (is_violation IS NULL)"
        counted = db.execute(f"SELECT {counts} FROM {table}").fetchall()[0]
        _collect(db, rule, table, violations=counted[1], unknown=counted[2])
        examined, violations, unknown = counted
        status = status_of(examined, violations)
    except (duckdb.Error, ValueError) as error:
        message = str(error)
        maker.spoil()
    seconds = round(time.perf_counter() - started, 3)
    return RuleRun(
        rule=rule.name,
        status=status,
        examined=examined,
        violations=violations,
        unknown=unknown,
        seconds=seconds,
        error=message,
    )


def _collect(db: duckdb.DuckDBPyConnection, rule: Rule, table: str, *, violations: int, unknown: int) -> None:
    """Add a rule's violations to `results.violations`, and what it could not decide to `results.unknowns`.

    `violations` and `unknown` say how many there are: statements without rows cost as much as any.

    Raises:
        ValueError: the rule names a subject twice.
    """
    present = {name for name, *_ in db.execute(f"DESCRIBE {table}").fetchall()}
    selects = found_sql(rule, table, present)
    if unknown:
        db.execute(f"INSERT INTO results.unknowns {selects['unknowns']}")
    if not violations:
        return
    db.execute(f"INSERT INTO results.violations {selects['violations']}")
    distinct = "SELECT count(DISTINCT finding_id) FROM results.violations WHERE rule = ?"
    if db.execute(distinct, [rule.name]).fetchall()[0][0] != violations:
        for results in ("violations", "unknowns"):
            db.execute(f"DELETE FROM results.{results} WHERE rule = ?", [rule.name])
        raise ValueError(f"rule {rule.name} names a subject twice")
    db.execute(f"INSERT INTO results.violation_roles {selects['violation_roles']}")


def found_sql(rule: Rule, table: str, present: set[str]) -> dict[str, str]:
    """What a rule found, by the table of `results` that it belongs to: a SELECT of that table's columns.

    Args:
        rule: the rule.
        table: its table in `findings`.
        present: the columns that this has.
    """
    columns = {
        name: f"CAST({name} AS {kind})" if name in present else f"CAST(NULL AS {kind})"
        for name, kind in _COLUMNS.items()
    }
    columns["evidence"] = f"list_sort({columns['evidence']})"
    unsaid, title = _literal(rule.unknown or UNSAID), _literal(rule.title)
    why = f"coalesce(why_unknown, {unsaid})" if "why_unknown" in present else unsaid
    undecided = {name: columns[name] for name in (*_SUBJECT, "occurred_at", "evidence")}
    # What a subject waits for is why it is undecided: nothing is wrong with its records.
    waits_for = "waits_for" if "waits_for" in present else "NULL"
    finding_id = f"left(sha256(concat_ws(chr(31), '{rule.name}', {_identity(rule, columns)})), 16)"
    basis = _literal(";".join(rule.basis))
    if "basis" in present:
        basis = f"concat_ws(';', basis, {basis})"
    severity = "severity" if "severity" in present else f"'{rule.severity}'"
    shows = ", ".join(_literal(shown) for shown in rule.shows)
    positions = {
        name: f"CAST({name if name in present else 'NULL'} AS BIGINT[])" for name in ROLE_COLUMNS.values()
    }
    return {
        "unknowns": f"""
            SELECT
                '{rule.name}' AS rule, {title} AS rule_title, {_named(undecided)},
                {why} AS why, {waits_for} AS waits_for
            FROM {table} WHERE is_violation IS NULL""",
        "violations": f"""
            SELECT
                {finding_id} AS finding_id, '{rule.name}' AS rule, {title} AS rule_title,
                {severity} AS severity,
                {_named(columns)}, {basis} AS basis, {summary_sql(rule.summary)} AS summary
            FROM {table} CROSS JOIN (SELECT as_of AS run_as_of FROM reference.run) AS run
            WHERE is_violation""",
        "violation_roles": f"""
            SELECT
                {finding_id} AS finding_id, '{rule.evidence_role}' AS evidence_role,
                {rule.answerable} AS is_answerable,
                CAST([{shows}] AS VARCHAR[]) AS shows, {_named(positions)}
            FROM {table} WHERE is_violation""",
    }


def subject_columns(rule: Rule, kind: str = "") -> tuple[str, ...]:
    """The columns that tell a rule's subjects apart; of one that may be any, those of a `kind` of them."""
    return _SUBJECT_COLUMNS.get(kind if rule.subject == ANY_SUBJECT else rule.subject, _SUBJECT)


def _identity(rule: Rule, columns: Mapping[str, str]) -> str:
    """What makes a finding's identity beside its rule: by the kind of its subject, or of the row's own."""
    kinds = {kind: _listed(columns[name] for name in names) for kind, names in _SUBJECT_COLUMNS.items()}
    if rule.subject != ANY_SUBJECT:
        return kinds[rule.subject]
    cases = " ".join(f"WHEN '{kind}' THEN concat_ws(chr(31), {parts})" for kind, parts in kinds.items())
    return f"subject, CASE subject {cases} END"


def _named(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{expression} AS {name}" for name, expression in columns.items())


def _listed(columns: Iterable[str]) -> str:
    return ", ".join(f"coalesce({column}, '')" for column in columns)


def summary_sql(template: str) -> str:
    """A summary template as a SQL expression: `{column}`, `{column:day}` (3月2日), `{column:minute}`.

    `{column:weekday}` is the day with its weekday (3月2日(周一)); `{column:moment}` is the minute, or the day
    where the rule's column `precision` says `date`. The year is shown where it is not the as-of year.
    """
    pieces, end = [], 0
    for match in _FIELD.finditer(template):
        pieces += [_literal(template[end : match.start()]), _field_sql(*match.groups())]
        end = match.end()
    return " || ".join([*pieces, _literal(template[end:])])


def _field_sql(column: str, form: str | None) -> str:
    if form is None:
        return f"coalesce(CAST({column} AS VARCHAR), '')"
    if form == "moment":
        day, minute = _field_sql(column, "day"), _field_sql(column, "minute")
        return f"CASE WHEN precision = 'date' THEN {day} ELSE {minute} END"
    if form == "weekday":
        name = f"substr('日一二三四五六', 1 + dayofweek({column}), 1)"
        return f"coalesce({_field_sql(column, 'day')} || '(周' || {name} || ')', '')"
    pattern = {"day": "%-m月%-d日", "minute": "%-m月%-d日%H:%M"}[form]
    return (
        f"coalesce(CASE WHEN year({column}) <> year(run_as_of) THEN year({column}) || '年' ELSE '' END "
        f"|| strftime({column}, '{pattern}'), '')"
    )


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
