"""Events are unpacked as they stream in, in pieces, and not kept: the same tables come of it in every way."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest
from attacks import opened
from conftest import Desk, ordinary_case, step
from msgspec import structs

from regaudit.audit.scratch import LogUntil
from regaudit.base.progress import Progress, no_progress
from regaudit.catalogue.events import catalogue
from regaudit.catalogue.sqlfile import load_sql_files
from regaudit.eventlog.sqlite import recorder
from regaudit.warehouse import mirror
from regaudit.warehouse.build import Warehouse
from regaudit.warehouse.mirror import FORM, has_this_form, topics_of

WAREHOUSE = ".work/warehouse.duckdb"
STAGING = [file.table for file in load_sql_files() if file.layer == "staging"]
REMEMBERED = ["log.events", "log.blocks", "log.case_writings", "staging.folds", "staging.login_writings"]
FINDINGS = "SELECT finding_id, rule, summary, evidence FROM findings ORDER BY ALL"
LATE = step("L1", "accept", "2026-03-02 09:00:00", "li", registration_type="200")


def oddly(rows: list[dict[str, Any]], case_no: str) -> list[dict[str, Any]]:
    """The rows of a case under another writing of its number."""
    return [row | {"case_no": case_no} for row in rows]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A log of three imports with a night; cases written in several ways, within an import and across two."""
    desk = Desk(tmp_path_factory.mktemp("many") / "home").make()
    first, second = ordinary_case("A1"), ordinary_case("B2")
    odd = ("A\u200b1", "\u200bA1", "A1\u200b", "B\u200b2")
    exports = {
        "a.csv": [LATE, *oddly(first[:2], odd[0]), *second[:1], *ordinary_case("3")],
        "b.csv": [*oddly(first[2:3], odd[1]), *first[3:4], *oddly(second[1:], odd[3])],
        "c.csv": [*oddly(first, odd[2]), *ordinary_case("4")],
    }
    for name, rows in exports.items():
        desk.ok("import", desk.export(name, rows))
        if name == "b.csv":
            desk.ok("nightly", "--as-of", "2026-03-10")
    return desk


def new_warehouse(folder: Path) -> Warehouse:
    folder.mkdir()
    return Warehouse(folder)


def tables(warehouse: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    """What the warehouse has of the log, rows sorted."""
    names = [*STAGING, *REMEMBERED]
    return {name: sorted(warehouse.db.execute(f"FROM {name}").fetchall(), key=repr) for name in names}


def made(folder: Path, desk: Desk, *ends: int) -> dict[str, list[tuple[Any, ...]]]:
    """The tables of a warehouse that catches up with the log at these positions, then with its end."""
    with new_warehouse(folder) as warehouse:
        for end in (*ends, None):
            with LogUntil(desk.home, end) as log:
                position = warehouse.catch_up(log, no_progress)
                assert position == (end or log.position())
        return tables(warehouse)


def without_blocks(found: dict[str, list[tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
    """All but the digests: which events they are of follows from how they came."""
    return {name: rows for name, rows in found.items() if name != "log.blocks"}


@pytest.mark.parametrize("rows", [1, 2, 5, 13])
def test_pieces_of_any_size_give_the_same_tables(
    many: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    whole = made(tmp_path / "whole", many)
    assert len(whole["staging.steps"]) > 10
    assert whole["log.case_writings"]
    in_pieces(monkeypatch, rows)
    assert without_blocks(made(tmp_path / "pieces", many)) == without_blocks(whole)


def in_pieces(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    """Stage so many events at a time, and of these two times in one transaction."""
    monkeypatch.setattr(mirror, "_STAGED_ROWS", rows)
    monkeypatch.setattr(mirror, "_PIECES", 2)
    monkeypatch.setattr(recorder, "_READ_ROWS", rows)


@pytest.mark.parametrize("again", [False, True], ids=["the first time", "what was staged by another program"])
@pytest.mark.parametrize("end", [1, 9, 15])
def test_what_was_cut_off_goes_on_where_it_was(
    many: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: int, *, again: bool
) -> None:
    in_pieces(monkeypatch, 3)
    with new_warehouse(tmp_path / "home") as warehouse, LogUntil(many.home) as log:
        if again:
            with LogUntil(many.home, end + 4) as earlier:
                warehouse.catch_up(earlier, no_progress)
            warehouse.db.execute("UPDATE log.progress SET staging_sha256 = 'of another program'")
        with pytest.raises(InterruptedError):
            warehouse.catch_up(log, cut_off_behind(end))
        reached = warehouse.db.execute("SELECT staged FROM log.progress").fetchall()[0][0]
        assert reached <= end
        told: list[int] = []
        warehouse.catch_up(log, lambda _stage, done, _total: told.append(done))
        assert told[-1] == log.position() - reached
        assert without_blocks(tables(warehouse)) == without_blocks(made(tmp_path / "whole", many))


def cut_off_behind(end: int) -> Progress:
    """Hears how far it has come, and stops it at this position."""

    def hear(_stage: str, done: int, _total: int) -> None:
        if done >= end:
            raise InterruptedError

    return hear


def test_night_by_night_gives_the_same_tables(many: Desk, tmp_path: Path) -> None:
    imports = [event.position for event in many.events("import-recorded")]
    assert without_blocks(made(tmp_path / "nights", many, *imports)) == without_blocks(
        made(tmp_path / "whole", many)
    )


def test_of_an_event_its_place_and_leaf_are_remembered_and_not_what_it_says(
    many: Desk, tmp_path: Path
) -> None:
    found = made(tmp_path / "home", many)["log.events"]
    with opened(many) as db:
        stored = db.execute(
            "SELECT position, originator_id, originator_version, topic, leaf FROM stored_events"
        ).fetchall()
    short = [(*row[:4], int.from_bytes(row[4][:8], "little", signed=True)) for row in stored]
    assert found == sorted(short, key=repr)


def test_when_what_unpacks_events_changes_the_log_is_read_again(many: Desk, tmp_path: Path) -> None:
    [*_, middle, _] = [event.position for event in many.events("import-recorded")]
    with new_warehouse(tmp_path / "home") as warehouse:
        with LogUntil(many.home, middle) as log:
            warehouse.catch_up(log, no_progress)
        warehouse.db.execute("UPDATE log.progress SET staging_sha256 = 'of another program'")
        warehouse.db.execute("DELETE FROM staging.steps; ALTER TABLE staging.runs DROP COLUMN rules")
        before = warehouse.db.execute("FROM log.blocks ORDER BY first").fetchall()
        with LogUntil(many.home) as log:
            warehouse.catch_up(log, no_progress)
        assert without_blocks(tables(warehouse)) == without_blocks(made(tmp_path / "whole", many))
        # What was remembered before is what it was: the log is held against that.
        assert warehouse.db.execute("FROM log.blocks ORDER BY first").fetchall()[: len(before)] == before


def test_a_log_changed_before_it_is_read_again_fails_the_night(
    many: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with many.copied(tmp_path / "home") as desk:
        change_an_action(desk)
        monkeypatch.setattr(mirror, "FOLDED_BY", "another way to fold")
        failures = desk.facts("nightly", "--as-of", "2026-03-11", status=1)["failures"]
        assert any("第 1 条记录与其哈希不符" in failure for failure in failures)


def change_an_action(desk: Desk) -> None:
    with closing(sqlite3.connect(desk.home / "events.sqlite")) as db:
        db.execute("DROP TRIGGER stored_events_no_update")
        sql = "CAST(replace(CAST(state AS TEXT), '2026-03-02T09', '2026-03-09T09') AS BLOB)"
        db.execute(f"UPDATE stored_events SET state = {sql} WHERE position = 1")
        db.commit()


class TestEarlierForm:
    """A warehouse that remembers events in another form is built anew; that is told, and no contradiction."""

    @pytest.fixture
    def earlier(self, many: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
        with many.copied(tmp_path / "home") as desk:
            monkeypatch.setattr(mirror, "FORM", FORM - 1)
            desk.ok("check", "--as-of", "2026-03-10", "--rebuild")
            monkeypatch.undo()
            yield desk

    def test_it_is_built_anew_and_told(self, earlier: Desk, many: Desk, tmp_path: Path) -> None:
        facts = earlier.facts("nightly", "--as-of", "2026-03-11")
        assert facts["integrity"] == []
        assert [text for text in facts["notices"] if "较早的程序留下的" in text]
        assert "integrity" not in {reason["code"] for reason in facts["because"]}
        with many.copied(tmp_path / "other") as desk:
            desk.ok("nightly", "--as-of", "2026-03-11", "--rebuild")
            assert desk.query(FINDINGS) == earlier.query(FINDINGS)
        assert not any("较早的程序" in text for text in earlier.facts("check")["notices"])

    def test_what_it_remembers_is_held_against_the_log_before(self, earlier: Desk) -> None:
        kept = (earlier.home / WAREHOUSE).read_bytes()
        change_an_action(earlier)
        failures = earlier.facts("nightly", "--as-of", "2026-03-11", status=1)["failures"]
        assert any("事件日志与镜像不一致" in failure for failure in failures)
        assert (earlier.home / WAREHOUSE).read_bytes() == kept

    def test_verify_says_that_it_was_not_compared(self, earlier: Desk) -> None:
        facts = earlier.facts("verify")
        assert facts["is_whole"]
        assert any("另一版本的程序" in note for note in facts["notes"])

    def test_what_held_events_whole_is_of_an_earlier_form(self) -> None:
        with duckdb.connect() as db:
            db.execute("CREATE SCHEMA log; CREATE TABLE log.progress (mirrored BIGINT, staged BIGINT)")
            assert not has_this_form(db)


def test_a_leaf_that_is_wrong_is_not_remembered_and_one_damage(many: Desk, tmp_path: Path) -> None:
    """Far from the log's end, where no append comes by it."""
    with many.copied(tmp_path / "home") as desk:
        rows = [row for number in range(120) for row in ordinary_case(f"n{number}")]
        desk.ok("import", desk.export("d.csv", rows))
        with opened(desk) as db:
            db.execute("UPDATE stored_events SET leaf = zeroblob(32) WHERE position = 3")
        shutil.rmtree(desk.home / ".work")
        assert "第 3 条记录与其哈希不符" in desk.run("check", "--as-of", "2026-03-10").err
        damages = desk.facts("verify", "--log-only", status=1)["damages"]
        assert [(damage["kind"], damage["position"]) for damage in damages] == [("叶散列", 3)]


def test_staging_runs_for_the_topics_that_it_names() -> None:
    """A file that leaves open of which topics it unpacks sees all events."""
    files = [file for file in load_sql_files() if file.layer == "staging"]
    for file in files:
        topics = topics_of(file)
        assert topics, file.table
        assert topics <= set(catalogue()), file.table
    [runs] = [file for file in files if file.table == "staging.runs"]
    other = {
        "select 1 from log.pending": None,
        "select 1 from log.pending as e where topic = 'a'": None,
        "select 1 from log.pending where topic = 'a' or position = 1": None,
        "select 1 from log.pending where topic = 'a' union all select 2 from log.pending": None,
        "select 1 from log.pending where topic like 'a%'": None,
        "select 1\nfrom log.pending\nwhere topic in ('a', 'b-c') and position > 1": {"a", "b-c"},
        "select 1 from log.pending where topic = 'a' union all select 2 from log.pending where topic = 'b'": {
            *("a", "b")
        },
    }
    for select, topics in other.items():
        assert topics_of(structs.replace(runs, select=select)) == topics, select
