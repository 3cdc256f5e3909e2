"""The ledger's events, case by case: a night's findings against what is known."""

from collections.abc import Iterable
from datetime import date, datetime

import duckdb
import pytest

from regaudit.audit.finding_changes import changes, read_changes
from regaudit.audit.results import make_result
from regaudit.catalogue.event_types import FindingOpened
from regaudit.catalogue.events import LogEvent
from regaudit.catalogue.sqlfile import load_sql_files

AS_OF = datetime(2026, 3, 10, 23, 59)

FACTS = (
    "rule VARCHAR, severity VARCHAR, office VARCHAR, case_no VARCHAR, account VARCHAR, person_id VARCHAR, "
    "source VARCHAR, "
    "occurred_at TIMESTAMP, due_on DATE, summary VARCHAR, basis VARCHAR, evidence BIGINT[]"
)


@pytest.fixture
def db() -> duckdb.DuckDBPyConnection:
    """The tables that the ledger reads, empty."""
    made = duckdb.connect()
    for schema in ("core", "reference", "results", "staging"):
        made.execute(f"CREATE SCHEMA {schema}")
    made.execute(
        "CREATE TABLE reference.run AS SELECT $at::TIMESTAMP AS as_of, $at::DATE AS as_of_on", {"at": AS_OF}
    )
    made.execute(f"CREATE TABLE results.violations (finding_id VARCHAR, rule_title VARCHAR, {FACTS})")
    made.execute("CREATE TABLE results.rule_runs (rule VARCHAR, title VARCHAR, status VARCHAR)")
    made.execute(
        "CREATE TABLE staging.ledger_entries (position BIGINT, finding_id VARCHAR, change VARCHAR, "
        f"night DATE, run_no INTEGER, {FACTS})"
    )
    made.execute("CREATE TABLE staging.withdrawn_runs (position BIGINT, run_no INTEGER)")
    made.execute(
        "CREATE TABLE reference.rules AS SELECT 'overdue' AS rule, '超期' AS title, false AS is_warning"
    )
    made.execute(
        "CREATE TABLE staging.judged_nights (night DATE, run_no INTEGER, as_of TIMESTAMP, "
        "light VARCHAR, because VARCHAR, judged_at TIMESTAMP)"
    )
    made.execute(
        "CREATE TABLE staging.setting_changes (night DATE, run_no INTEGER, what VARCHAR, "
        "old VARCHAR, new VARCHAR, seen_at TIMESTAMP)"
    )
    for table in ("steps", "roster_entries", "imports"):
        made.execute(f"CREATE TABLE staging.{table} (position BIGINT, import_no INTEGER)")
    return made


class Book:
    """Writes a ledger's history and a night's findings, and says what comes of them."""

    def __init__(self, db: duckdb.DuckDBPyConnection) -> None:
        self.db, self._position = db, 0

    def withdraw(self, run_no: int) -> None:
        self.db.execute("INSERT INTO staging.withdrawn_runs VALUES (99, ?)", [run_no])

    def entry(
        self, finding: str, change: str, day: int, severity: str | None = None, run_no: int = 1
    ) -> None:
        self._position += 1
        rule = "overdue" if change == "opened" else None
        self.db.execute(
            "INSERT INTO staging.ledger_entries (position, finding_id, change, night, run_no, rule, "
            "severity, office, case_no, summary, basis, evidence) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, '1', ?, '说明', '依据', [1])",
            [self._position, finding, change, date(2026, 3, day), run_no, rule, severity, finding],
        )

    def found(self, finding: str, severity: str = "major") -> None:
        self.db.execute(
            "INSERT INTO results.violations (finding_id, rule, rule_title, severity, office, case_no, "
            "summary, basis, evidence) VALUES (?, 'overdue', '超期', ?, '1', ?, '说明', '依据', [1])",
            [finding, severity, finding],
        )

    def _versions(self, streams: Iterable[str]) -> dict[str, int]:
        """As a log has them: of each finding as many as it has entries."""
        known = "SELECT 'finding:' || finding_id, count(*) FROM staging.ledger_entries GROUP BY finding_id"
        wanted = set(streams)
        return {stream: last for stream, last in self.db.execute(known).fetchall() if stream in wanted}

    def night(self, status: str = "failed") -> tuple[list[LogEvent], list[tuple[str, str, int, int]]]:
        """The events, and finding, state, day of first finding and day of the last change."""
        self.db.execute("INSERT INTO results.rule_runs VALUES ('overdue', '超期', ?)", [status])
        [ledger] = [file for file in load_sql_files() if file.table == "core.ledger"]
        self.db.execute(f"CREATE TABLE core.ledger AS {ledger.select}")
        for result in ("published_findings", "finding_changes"):
            make_result(self.db, result)
        rows = self.db.execute(
            "SELECT finding_id, state, day(first_found_on), day(changed_on) "
            "FROM results.published_findings ORDER BY 1"
        ).fetchall()
        return changes(read_changes(self.db), self._versions, as_of=AS_OF, run_no=7), rows


@pytest.fixture
def book(db: duckdb.DuckDBPyConnection) -> Book:
    return Book(db)


def told(events: list[LogEvent]) -> list[tuple[str, str, int]]:
    return [(event.TOPIC, event.originator_id, event.originator_version) for event in events]


def test_a_new_finding_is_opened(book: Book) -> None:
    book.found("a")
    events, rows = book.night()
    assert told(events) == [("finding-opened", "finding:a", 1)]
    assert isinstance(events[0], FindingOpened)
    assert events[0].severity == "major"
    assert rows == [("a", "open", 10, 10)]


def test_a_finding_that_lasts_is_no_event(book: Book) -> None:
    book.entry("a", "opened", 3, "major")
    book.found("a")
    assert book.night() == ([], [("a", "open", 3, 3)])


def test_another_severity_is_a_change_and_the_finding_continues(book: Book) -> None:
    book.entry("a", "opened", 3, "major")
    book.found("a", "critical")
    events, rows = book.night()
    assert told(events) == [("finding-changed", "finding:a", 2)]
    assert rows == [("a", "open", 3, 3)]


def test_what_a_withdrawn_night_opened_is_opened_anew(book: Book) -> None:
    book.entry("a", "opened", 30, "critical", run_no=2)
    book.entry("b", "opened", 30, "critical", run_no=2)
    book.withdraw(2)
    book.found("a")
    events, rows = book.night()
    assert told(events) == [("finding-opened", "finding:a", 2)]
    assert isinstance(events[0], FindingOpened)
    assert events[0].severity == "major"
    assert rows == [("a", "open", 10, 10)]


def test_what_a_withdrawn_night_changed_or_lost_is_as_before(book: Book) -> None:
    for finding in ("a", "b", "c"):
        book.entry(finding, "opened", 3, "major")
    book.entry("a", "changed", 30, "critical", run_no=2)
    book.entry("b", "gone", 30, run_no=2)
    book.entry("c", "gone", 30, run_no=2)
    book.withdraw(2)
    book.found("a")
    book.found("b")
    events, rows = book.night()
    assert told(events) == [("finding-gone", "finding:c", 3)]
    assert rows == [("a", "open", 3, 3), ("b", "open", 3, 3), ("c", "gone", 3, 10)]


def test_the_severity_of_the_last_change_counts(book: Book) -> None:
    book.entry("a", "opened", 3, "major")
    book.entry("a", "changed", 4, "critical")
    book.found("a", "critical")
    assert book.night() == ([], [("a", "open", 3, 3)])


def test_what_is_not_found_any_more_is_gone_once(book: Book) -> None:
    book.entry("a", "opened", 3, "major")
    book.entry("b", "opened", 3, "major")
    book.entry("b", "gone", 5)
    events, rows = book.night("passed")
    assert told(events) == [("finding-gone", "finding:a", 2)]
    assert rows == [("a", "gone", 3, 10), ("b", "gone", 3, 5)]


def test_what_was_gone_and_is_found_again_is_reopened_as_of_today(book: Book) -> None:
    book.entry("a", "opened", 3, "major")
    book.entry("a", "gone", 5)
    book.found("a")
    events, rows = book.night()
    assert told(events) == [("finding-reopened", "finding:a", 3)]
    assert rows == [("a", "open", 3, 10)]


def test_a_reopened_finding_continues_from_the_day_it_came_back(book: Book) -> None:
    for day, change in enumerate(("opened", "gone", "reopened"), start=3):
        book.entry("a", change, day, None if change == "gone" else "major")
    book.found("a")
    assert book.night() == ([], [("a", "open", 3, 5)])


def test_a_rule_in_error_says_nothing_about_its_findings(book: Book) -> None:
    book.entry("a", "opened", 3, "major")
    book.entry("b", "opened", 3, "major")
    book.entry("b", "gone", 5)
    assert book.night("error") == ([], [("a", "open", 3, 3), ("b", "gone", 3, 5)])


def test_an_empty_ledger_and_no_findings(book: Book) -> None:
    assert book.night("passed") == ([], [])
