"""What a night notes of entries, and what a finding is to them: case by case, on tables alone."""

from datetime import date
from typing import Any

import duckdb
import pytest

from regaudit.catalogue.sqlfile import result_sql


@pytest.fixture
def db() -> duckdb.DuckDBPyConnection:
    """The tables that the two read, empty."""
    made = duckdb.connect()
    for schema in ("results", "reference", "core"):
        made.execute(f"CREATE SCHEMA {schema}")
    made.execute("CREATE TABLE reference.run AS SELECT date '2026-03-10' AS as_of_on")
    made.execute("CREATE TABLE results.entry_rules (rule VARCHAR)")
    made.execute("CREATE TABLE results.rule_runs (rule VARCHAR, status VARCHAR)")
    made.execute("CREATE TABLE results.violations (finding_id VARCHAR, severity VARCHAR)")
    made.execute(
        "CREATE TABLE results.entry_findings (entry VARCHAR, finding_id VARCHAR, rule VARCHAR, seq VARCHAR, "
        "kind VARCHAR, state VARCHAR, is_final BOOLEAN, last_severity VARCHAR, is_gone BOOLEAN, "
        "is_not_run BOOLEAN)"
    )
    made.execute("INSERT INTO results.entry_rules VALUES ('overdue')")
    return made


class Night:
    """One entry with one finding, and what a night finds of it."""

    def __init__(self, db: duckdb.DuckDBPyConnection) -> None:
        self.db = db
        self.news: list[tuple[str, str, str, list[int]]] = []

    def entry(self, *, number: str = "1", state: str = "listed", kind: str = "finding", **told: bool) -> None:
        row = {"is_final": False, "is_gone": False, "is_not_run": False} | told
        self.db.execute(
            "INSERT INTO results.entry_findings VALUES (?, 'f', 'overdue', ?, ?, ?, ?, 'major', ?, ?)",
            [number, number, kind, state, row["is_final"], row["is_gone"], row["is_not_run"]],
        )

    def finds(self, severity: str = "major", new_rows: list[int] | None = None) -> None:
        self.db.execute("INSERT INTO results.violations VALUES ('f', ?)", [severity])
        self.news.append(("f", severity, "note", new_rows or []))

    def runs(self, status: str = "failed") -> None:
        self.db.execute("INSERT INTO results.rule_runs VALUES ('overdue', ?)", [status])

    def notes(self) -> list[tuple[str, str]]:
        """Entry and kind of each note."""
        self.db.execute(
            "CREATE TABLE results.entry_news "
            "(finding_id VARCHAR, severity VARCHAR, decision VARCHAR, new_rows BIGINT[])"
        )
        for row in self.news:
            self.db.execute("INSERT INTO results.entry_news VALUES (?, ?, ?, ?)", list(row))
        return [(row[0], row[4]) for row in self.db.execute(result_sql("entry_notes")).fetchall()]


@pytest.fixture
def night(db: duckdb.DuckDBPyConnection) -> Night:
    return Night(db)


def test_what_is_not_found_is_gone_once(night: Night) -> None:
    night.entry()
    night.runs("passed")
    assert night.notes() == [("1", "gone")]


@pytest.mark.parametrize("told", [{"is_gone": True}, {"is_final": True}])
def test_what_is_gone_already_or_final_is_not_told_again(night: Night, told: dict[str, Any]) -> None:
    night.entry(**told)
    night.runs("passed")
    assert night.notes() == []


@pytest.mark.parametrize("status", ["error", None])
def test_a_rule_in_error_or_off_says_nothing_of_its_findings(night: Night, status: str | None) -> None:
    night.entry()
    if status:
        night.runs(status)
    assert night.notes() == [("1", "not_run")]


@pytest.mark.parametrize("status", ["error", None])
def test_it_is_marked_once(night: Night, status: str | None) -> None:
    night.entry(is_not_run=True)
    if status:
        night.runs(status)
    assert night.notes() == []


def test_it_runs_again(night: Night) -> None:
    night.entry(is_not_run=True)
    night.runs()
    night.finds()
    assert night.notes() == [("1", "runs")]


def test_it_is_back(night: Night) -> None:
    night.entry(is_gone=True)
    night.runs()
    night.finds()
    assert night.notes() == [("1", "back")]


def test_new_rows_and_another_severity_are_told(night: Night) -> None:
    night.entry()
    night.runs()
    night.finds("critical", [7])
    assert sorted(night.notes()) == [("1", "evidence"), ("1", "severity")]


def test_a_list_of_old_findings_is_not_told_of_severities(night: Night) -> None:
    night.entry(kind="history")
    night.runs()
    night.finds("critical", [7])
    assert night.notes() == [("1", "evidence")]


def test_only_the_last_entry_of_a_finding_is_told(night: Night) -> None:
    night.entry(number="1", state="struck", is_final=True)
    night.entry(number="2")
    night.entry(number="3", state="voided", is_final=True)
    night.runs()
    night.finds(new_rows=[7])
    assert night.notes() == [("2", "evidence")]


# What a violation of tonight is to its last entry.
COVER = {
    "entry": "1",
    "entry_kind": "finding",
    "entry_state": "struck",
    "is_final": True,
    "lasts_until": None,
    "entry_severity": "major",
    "severity": "major",
}
SIGNS = {"has_new_act": False, "has_later_act": False, "is_back": False}


@pytest.mark.parametrize(
    ("cover", "signs", "decision"),
    [
        ({"entry": None, "is_final": None}, {}, "open"),
        ({"entry_state": "listed", "is_final": False}, {"has_new_act": True}, "note"),
        (
            {"entry_state": "listed", "is_final": False, "entry_kind": "history"},
            {"has_new_act": True},
            "open",
        ),
        ({"entry_state": "listed", "is_final": False, "entry_kind": "history"}, {}, "note"),
        ({"entry_state": "listed", "is_final": False, "severity": "critical"}, {}, "note"),
        ({}, {"has_new_act": True, "has_later_act": True}, "recur"),
        ({}, {"has_new_act": True}, "note"),
        ({}, {}, "note"),
        ({}, {"is_back": True}, "recur"),
        ({"severity": "critical"}, {}, "follow"),
        ({"severity": "minor"}, {}, "note"),
        ({"entry_state": "unfounded"}, {"has_new_act": True, "has_later_act": True}, "follow"),
        ({"entry_state": "unfounded"}, {}, "note"),
        ({"entry_state": "quashed"}, {"is_back": True}, "follow"),
        ({"entry_state": "excused", "lasts_until": date(2026, 3, 9)}, {}, "follow"),
        ({"entry_state": "excused", "lasts_until": date(2026, 3, 10)}, {}, "note"),
    ],
)
def test_what_a_finding_is_to_its_last_entry(
    db: duckdb.DuckDBPyConnection, cover: dict[str, Any], signs: dict[str, Any], decision: str
) -> None:
    for name, columns in (("entry_cover", COVER | cover), ("entry_signs", SIGNS | signs)):
        extra = ["acted_on", "new_rows"] if name == "entry_signs" else []
        names = ["finding_id", *columns, *extra]
        values = ["f", *columns.values(), *(None for _ in extra)]
        marks = ", ".join(f"${n + 1} AS {column}" for n, column in enumerate(names))
        typed = marks.replace(" AS lasts_until", "::DATE AS lasts_until").replace(
            " AS is_final", "::BOOLEAN AS is_final"
        )
        db.execute(f"CREATE TABLE results.{name} AS SELECT {typed}", values)
    [row] = db.execute(f"SELECT decision FROM ({result_sql('entry_news')})").fetchall()
    assert row == (decision,)
