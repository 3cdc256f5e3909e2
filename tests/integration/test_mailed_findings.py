"""What the mail of an office gathers from the results of a night, and which reasons its news give."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import duckdb
import msgspec
import pytest
from digests import CLEAN

from regaudit.base.settings import Office, Settings
from regaudit.outlets.mail.compose import compose
from regaudit.outlets.mail.digest import Digest, Person, Unknown

NIGHT, BEFORE = date(2026, 3, 31), date(2026, 3, 30)
TABLES = """
CREATE SCHEMA core; CREATE SCHEMA results;
CREATE TABLE core.cases (office VARCHAR, accepted_at TIMESTAMP, booked_at TIMESTAMP, state VARCHAR,
    due_state VARCHAR);
CREATE TABLE core.persons (person_id VARCHAR, offices VARCHAR[]);
CREATE TABLE results.published_findings (finding_id VARCHAR, rule VARCHAR, rule_title VARCHAR,
    severity VARCHAR, office VARCHAR, case_no VARCHAR, account VARCHAR, person_id VARCHAR, source VARCHAR,
    occurred_at TIMESTAMP, due_on DATE, summary VARCHAR, basis VARCHAR, first_found_on DATE, state VARCHAR,
    changed_on DATE);
CREATE TABLE results.unknowns (rule VARCHAR, rule_title VARCHAR, office VARCHAR, person_id VARCHAR,
    why VARCHAR);
INSERT INTO core.persons VALUES ('P1', ['1', '2']), ('P3', ['3']), ('P0', []);
"""


@pytest.fixture
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(TABLES)
        yield connection


def find(db: duckdb.DuckDBPyConnection, finding_id: str, **facts: Any) -> None:
    row = {
        "finding_id": finding_id,
        "rule": "overdue",
        "rule_title": "超期",
        "severity": "major",
        "summary": "超期",
        "first_found_on": NIGHT,
        "state": "open",
        "changed_on": NIGHT,
        **facts,
    }
    places = ", ".join(f"${name}" for name in row)
    db.execute(f"INSERT INTO results.published_findings ({', '.join(row)}) VALUES ({places})", row)


def digest(db: duckdb.DuckDBPyConnection, office: str) -> Digest:
    settings = Settings(offices=[Office(office="1", name="一号")])
    return compose(db, office, settings, CLEAN.report)


def test_each_office_hears_of_its_own_and_of_what_concerns_all(db: duckdb.DuckDBPyConnection) -> None:
    find(db, "case", office="1")
    find(db, "elsewhere", office="2", severity="critical")
    find(db, "of both", person_id="P1", severity="minor")
    find(db, "of a third", person_id="P3")
    find(db, "of nobody's", person_id="P0")
    find(db, "of an unknown", person_id="P9")
    find(db, "source", source="平台")
    find(db, "source of one", source="平台", office="2")
    heard = {office: {line.finding_id for line in digest(db, office).new} for office in "123*"}
    for_all = {"of nobody's", "of an unknown", "source"}
    assert heard["1"] == for_all | {"case", "of both"}
    assert heard["2"] == for_all | {"elsewhere", "of both", "source of one"}
    assert heard["3"] == for_all | {"of a third"}
    assert len(heard["*"]) == 8


def test_what_is_due_soon_a_hint_gone_or_old_is_no_news(db: duckdb.DuckDBPyConnection) -> None:
    find(db, "due", office="1", rule="due-soon", severity="minor")
    find(db, "hint", office="1", severity="info")
    find(db, "gone", office="1", state="gone")
    find(db, "old", office="1", changed_on=BEFORE, first_found_on=BEFORE)
    told = digest(db, "1")
    assert told.light == "green"
    lists = (told.due_soon, told.new, told.gone, told.continuing)
    assert [[line.finding_id for line in lines] for lines in lists] == [["due"], ["hint"], ["gone"], ["old"]]


def test_a_finding_names_its_persons_the_answerable_first(db: duckdb.DuckDBPyConnection) -> None:
    find(db, "a", office="1")
    find(db, "b", office="1")
    assert [line.persons for line in digest(db, "1").new] == [[], []]
    db.execute("""
        CREATE TABLE results.finding_persons (finding_id VARCHAR, person_id VARCHAR, person_name VARCHAR,
            role VARCHAR, is_answerable BOOLEAN);
        INSERT INTO results.finding_persons VALUES ('a', 'P2', '王芳', 'accepted', false),
            ('a', 'P1', '张伟', 'reviewed', true), ('a', 'P1', '张伟', 'booked', false),
            ('a', 'P4', NULL, 'acted', false), ('elsewhere', 'P1', '张伟', 'acted', true)""")
    first, second = digest(db, "1").new
    assert [(person.name, sorted(person.roles), person.is_answerable) for person in first.persons] == [
        ("张伟", ["booked", "reviewed"], True),
        ("王芳", ["accepted"], False),
    ]
    assert second.persons == []
    assert first.persons[1] == Person(name="王芳", roles=["accepted"])


def test_what_could_not_be_decided_is_counted_by_rule_and_reason(db: duckdb.DuckDBPyConnection) -> None:
    db.execute("""
        INSERT INTO results.unknowns VALUES ('overdue', '超期', '1', NULL, '无受理'),
            ('overdue', '超期', '1', NULL, '无受理'), ('overdue', '超期', '1', NULL, '无日历'),
            ('overdue', '超期', '2', NULL, '无受理'),
            ('multiple-accounts', '一人多号', NULL, 'P3', '不详')""")
    assert digest(db, "1").unknowns == [
        Unknown(title="超期", why="无受理", subjects=2),
        Unknown(title="超期", why="无日历", subjects=1),
    ]
    assert sum(unknown.subjects for unknown in digest(db, "*").unknowns) == 5
    assert [unknown.title for unknown in digest(db, "3").unknowns] == ["一人多号"]


def test_the_figures_are_those_of_the_nights_date(db: duckdb.DuckDBPyConnection) -> None:
    day, before = datetime(2026, 3, 31, 9), datetime(2026, 3, 30, 9)
    db.executemany(
        "INSERT INTO core.cases VALUES (?, ?, ?, ?, ?)",
        [
            ("1", day, None, "open", "fixed"),
            ("1", before, day, "closed", "none"),
            ("2", day, day, "closed", "none"),
            ("1", before, None, "paused", "provisional"),
        ],
    )
    totals = digest(db, "1").totals
    assert totals is not None
    assert msgspec.structs.astuple(totals) == (1, 1, 2, 1, 1)
