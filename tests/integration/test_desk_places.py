"""Where a case lies in the published tables, and whether the log was written to: nothing is missed."""

from pathlib import Path

import duckdb
import pytest
from conftest import Desk
from ledgers import add_users

from regaudit.base.folders import Folders
from regaudit.base.settings import Store
from regaudit.eventlog.stores import change_mark
from regaudit.outlets.desk.case_places import CasePlaces, read_places

_CASES = 9_000
_OFFICE = "150602"


@pytest.fixture
def tables() -> duckdb.DuckDBPyConnection:
    """Tables in order, as a whole night writes them."""
    db = duckdb.connect()
    numbers = (
        f"SELECT '{_OFFICE}' AS office, printf('0220260105%06d', n) AS case_no FROM range({_CASES}) r(n)"
    )
    db.execute(f"CREATE TABLE cases AS {numbers} ORDER BY case_no")
    db.execute(f"CREATE TABLE clock_rounds AS {numbers} ORDER BY case_no")
    db.execute(f"CREATE TABLE steps AS SELECT n.*, s FROM ({numbers}) n, range(7) r(s) ORDER BY case_no, s")
    return db


def _found(db: duckdb.DuckDBPyConnection, places: CasePlaces, case_no: str) -> list[int]:
    return [
        db.execute(
            f"SELECT count(*) FROM {table} WHERE case_no = ? AND rowid BETWEEN ? AND ?", [case_no, *span]
        ).fetchall()[0][0]
        for table, span in places.of(_OFFICE, case_no).items()
    ]


def test_a_case_lies_between_few_rows(tables: duckdb.DuckDBPyConnection) -> None:
    places = read_places(tables)
    for number in range(0, _CASES, 97):
        case_no = f"0220260105{number:06}"
        assert _found(tables, places, case_no) == [1, 7, 1]
        assert all(last - first < 2 * 2_048 for first, last in places.of(_OFFICE, case_no).values())
    assert _found(tables, places, "0220260106") == [0, 0, 0]
    assert not any(places.of("", "0").values()) or _found(tables, places, "0") == [0, 0, 0]


def test_a_case_that_was_written_anew_is_found_whole(tables: duckdb.DuckDBPyConnection) -> None:
    touched = "0220260105000005"
    for table in ("cases", "clock_rounds"):
        tables.execute(f"DELETE FROM {table} WHERE case_no = ?", [touched])
        tables.execute(f"INSERT INTO {table} VALUES (?, ?)", [_OFFICE, touched])
    tables.execute("INSERT INTO steps VALUES (?, ?, 7)", [_OFFICE, touched])
    places = read_places(tables)
    assert _found(tables, places, touched) == [1, 8, 1]
    assert _found(tables, places, "0220260105000006") == [1, 7, 1]


def test_a_mark_is_another_one_after_each_transaction(tmp_path: Path) -> None:
    home = tmp_path / "home"
    Desk(home).make()
    before = change_mark(home, Store())
    assert before is not None
    assert before == change_mark(home, Store())
    marks = {change_mark(home, Store())}
    for number in range(3):
        add_users(home, {f"user{number}": (f"P{number}", "post", "")})
        marks.add(change_mark(home, Store()))
        assert change_mark(home, Store()) in marks
    assert len(marks) == 4


def test_nothing_is_told_of_a_log_that_is_no_file(tmp_path: Path) -> None:
    home = tmp_path / "home"
    Desk(home).make()
    assert change_mark(home, Store(url="postgresql://nobody@localhost/none")) is None
    Folders(home).log.unlink()
    assert change_mark(home, Store()) is None
