"""What a night computes from is what a run has sealed: nothing else in `.work/` changes a finding."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import Desk, ordinary_case, step
from kills import kill_at

pytestmark = pytest.mark.long

LATE = step("L1", "accept", "2026-03-02 09:00:00", "li", registration_type="200")
NEXT = "2026-03-11"
FINDINGS = "SELECT finding_id, rule, severity, summary, evidence, first_found_on FROM findings ORDER BY ALL"
WAREHOUSE, PUBLISHED = ".work/warehouse.duckdb", ".work/published.duckdb"


@pytest.fixture(scope="module")
def after_a_night(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("night") / "home").make()
    rows = [LATE, *(row for number in range(20) for row in ordinary_case(str(number)))]
    desk.ok("nightly", desk.export("a.csv", rows), "--as-of", "2026-03-10")
    desk.ok("import", desk.export("b.csv", ordinary_case("late")))
    return desk


@pytest.fixture
def night(after_a_night: Desk, tmp_path: Path) -> Iterator[Desk]:
    """A workspace after a night, with something for the next one."""
    with after_a_night.copied(tmp_path / "home") as desk:
        yield desk


@pytest.fixture(scope="module")
def expected(after_a_night: Desk, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Any, ...]]:
    """What the next night finds where everything is made from the log."""
    with after_a_night.copied(tmp_path_factory.mktemp("rebuilt") / "home") as desk:
        desk.ok("nightly", "--as-of", NEXT, "--rebuild")
        found = desk.query(FINDINGS)
        assert any(row[1] == "overdue" for row in found)
        return found


def tables(path: Path) -> list[str]:
    """All tables of a database file."""
    with duckdb.connect(path, read_only=True) as db:
        rows = db.execute("SELECT schema_name, table_name FROM duckdb_tables() ORDER BY ALL").fetchall()
    return [f'"{schema}"."{table}"' for schema, table in rows]


def edit(path: Path, table: str) -> None:
    """Remove a row of a table, or add one to an empty one."""
    with duckdb.connect(path) as db:
        row = db.execute(f"SELECT min(rowid) FROM {table}").fetchall()[0][0]
        if row is None:
            db.execute(f"INSERT INTO {table} DEFAULT VALUES")
        else:
            db.execute(f"DELETE FROM {table} WHERE rowid = ?", [row])


def integrity(facts: Any) -> list[str]:
    """What a night says of the workspace's files that contradict the log."""
    found: list[str] = facts["integrity"]
    return found


def was_whole(desk: Desk) -> bool:
    """Whether the last build began from nothing: it then left no list of touched cases behind."""
    return '"log"."touched"' not in tables(desk.home / WAREHOUSE)


def assert_edits_change_nothing(
    desk: Desk, file: str, edited: Sequence[str], expected: list[tuple[Any, ...]]
) -> None:
    kept = shutil.copytree(desk.home / ".work", desk.home.parent / "kept")
    log, mark = desk.home / "events.sqlite", desk.home / "log.checkpoint"
    before = {path: path.read_bytes() for path in (log, mark)}
    for table in edited:
        shutil.rmtree(desk.home / ".work")
        shutil.copytree(kept, desk.home / ".work")
        for path, content in before.items():
            path.write_bytes(content)
        shutil.rmtree(desk.home / "outbox")
        (desk.home / "regaudit.duckdb").unlink()
        edit(desk.home / file, table)
        told = integrity(desk.facts("nightly", "--as-of", NEXT))
        assert [file in text for text in told] == [True], table
        assert desk.query(FINDINGS) == expected, table


@pytest.mark.slow
def test_an_edited_table_of_the_warehouse_changes_no_finding(
    night: Desk, expected: list[tuple[Any, ...]]
) -> None:
    edited = ['"core"."cases"', '"findings"."overdue"', '"log"."events"', '"log"."built"']
    assert_edits_change_nothing(night, WAREHOUSE, edited, expected)
    assert integrity(night.facts("nightly", "--as-of", "2026-03-12")) == []
    assert night.facts("verify")["is_whole"]


@pytest.mark.slow
@pytest.mark.parametrize("file", [WAREHOUSE, PUBLISHED])
def test_an_edited_table_changes_no_finding(night: Desk, expected: list[tuple[Any, ...]], file: str) -> None:
    found = tables(night.home / file)
    assert len(found) > 10
    assert_edits_change_nothing(night, file, found, expected)


def test_a_file_that_is_exchanged_is_told_and_not_read(night: Desk, expected: list[tuple[Any, ...]]) -> None:
    for file in (WAREHOUSE, PUBLISHED):
        (night.home / file).write_bytes(b"no database" * 1000)
    told = integrity(night.facts("nightly", "--as-of", NEXT))
    assert [WAREHOUSE in text for text in told] == [True]
    assert night.query(FINDINGS) == expected


def test_an_edited_private_copy_reaches_no_analyst(night: Desk, expected: list[tuple[Any, ...]]) -> None:
    with duckdb.connect(night.home / PUBLISHED) as db:
        db.execute("DELETE FROM findings")
    told = integrity(night.facts("nightly", "--as-of", NEXT))
    assert [PUBLISHED in text for text in told] == [True]
    # It alone had what nobody but analysts gets.
    assert was_whole(night)
    assert night.query(FINDINGS) == expected


def test_what_is_gone_is_made_again_and_nothing_is_said(night: Desk, expected: list[tuple[Any, ...]]) -> None:
    shutil.rmtree(night.home / ".work")
    assert integrity(night.facts("nightly", "--as-of", NEXT)) == []
    assert night.query(FINDINGS) == expected


def test_a_write_ahead_log_laid_beside_the_warehouse_is_told_and_not_read(
    night: Desk, expected: list[tuple[Any, ...]]
) -> None:
    (night.home / f"{WAREHOUSE}.wal").write_bytes(b"anything")
    told = integrity(night.facts("nightly", "--as-of", NEXT))
    assert ["warehouse.duckdb.wal" in text for text in told] == [True]
    assert not (night.home / f"{WAREHOUSE}.wal").exists()
    assert night.query(FINDINGS) == expected


@pytest.mark.slow
def test_an_earlier_sealed_file_is_followed_on(night: Desk, expected: list[tuple[Any, ...]]) -> None:
    kept = shutil.copytree(night.home / ".work", night.home.parent / "kept")
    night.ok("check", "--as-of", "2026-03-10")
    shutil.copytree(kept, night.home / ".work", dirs_exist_ok=True)
    facts = night.facts("nightly", "--as-of", NEXT)
    assert integrity(facts) == []
    assert any("第 1 次运行的" in text for text in facts["notices"])
    assert not was_whole(night)
    assert night.query(FINDINGS) == expected


PLACES: dict[str, tuple[str, int]] = {
    "the tables are made": ("regaudit.audit.check:settle", 1),
    "the copies are made": ("regaudit.warehouse.increments:Increment.finish", 1),
    "the draft is closed": ("regaudit.warehouse.sealed:SealedWarehouse.close_draft", 1),
    "the transaction": ("regaudit.audit.check:changes", 1),
    "the warehouse is put in place": ("regaudit.warehouse.sealed:SealedWarehouse.put_in_place", 1),
    "the private copy is put in place": ("regaudit.warehouse.sealed:_put", 2),
    "it is published": ("regaudit.audit.check:publish", 1),
    "it is mailed": ("regaudit.operation.nightly:mail_night", 1),
}
OFTEN = ("the transaction", "it is mailed")
RECORDED = [*PLACES][4:]
"""Killed before one of these, the run is in the log."""


@pytest.mark.parametrize(
    "step_name",
    [pytest.param(name, marks=[] if name in OFTEN else [pytest.mark.slow]) for name in PLACES],
)
def test_killed_before_a_step_what_is_left_is_followed_on(
    night: Desk, expected: list[tuple[Any, ...]], step_name: str
) -> None:
    place, number = PLACES[step_name]
    kill_at(night, place, "nightly", "--as-of", NEXT, number=number)
    assert len(night.events("run-completed")) == 1 + (step_name in RECORDED)
    facts = night.facts("nightly", "--as-of", NEXT)
    assert integrity(facts) == []
    assert not was_whole(night)
    assert night.query(FINDINGS) == expected
    assert not any((night.home / ".work").glob("draft-*"))
    assert night.facts("verify")["is_whole"]


def test_killed_in_the_first_night_the_next_says_nothing(desk: Desk) -> None:
    desk.ok("import", desk.export("a.csv", [LATE]))
    kill_at(desk, PLACES["the draft is closed"][0], "nightly", "--as-of", NEXT)
    assert integrity(desk.facts("nightly", "--as-of", NEXT)) == []


@pytest.mark.slow
def test_a_failed_night_leaves_what_was_sealed(night: Desk, expected: list[tuple[Any, ...]]) -> None:
    before = (night.home / WAREHOUSE).read_bytes()
    settings = (night.home / "regaudit.toml").read_text(encoding="utf-8")
    night.configure('[publish]\ngroup = "no-such-group-here"\n')
    night.facts("nightly", "--as-of", NEXT, status=1)
    assert (night.home / WAREHOUSE).read_bytes() == before
    (night.home / "regaudit.toml").write_text(settings, encoding="utf-8")
    assert integrity(night.facts("nightly", "--as-of", NEXT)) == []
    assert not was_whole(night)
    assert night.query(FINDINGS) == expected
