"""Events whose bytes are what they were are not taken apart again; whatever is changed in the log is seen."""

import sqlite3
from contextlib import closing
from pathlib import Path

import duckdb
import pytest
from conftest import Desk, ordinary_case, step
from msgspec.structs import replace

from regaudit.base.errors import MirrorMismatchError
from regaudit.base.progress import no_progress
from regaudit.eventlog.blocks import Block
from regaudit.eventlog.log import EventLog
from regaudit.warehouse.build import Warehouse
from regaudit.warehouse.mirror import compare, kept_blocks, kept_stretches

FAR = "position = 1500"
LONG = "position = (SELECT position FROM stored_events WHERE length(state) > 20000)"
CHANGES = {
    "a later time": f"UPDATE stored_events SET state = replace(state, 'T09', 'T08') WHERE {FAR}",
    "another case": f"UPDATE stored_events SET originator_id = originator_id || 'x' WHERE {FAR}",
    "another version": f"UPDATE stored_events SET originator_version = 99 WHERE {FAR}",
    "another topic": f"UPDATE stored_events SET topic = 'step-altered' WHERE {FAR}",
    "an event less": f"DELETE FROM stored_events WHERE {FAR}",
    "another place": f"UPDATE stored_events SET position = 100000 WHERE {FAR}",
    "the end of a long event": f"UPDATE stored_events SET state = replace(state, '尾', '屋') WHERE {LONG}",
    "what its columns mean": "UPDATE sqlite_master SET sql = replace(replace(replace(sql, "
    "'originator_id TEXT', '- TEXT'), 'topic TEXT', 'originator_id TEXT'), '- TEXT', 'topic TEXT') "
    "WHERE name = 'stored_events'",
}
UNCHANGED = {
    "nothing": "SELECT 1",
    "written anew": "VACUUM",
    "in larger pages": "PRAGMA page_size = 32768; VACUUM",
}


@pytest.fixture(scope="module")
def mirrored(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A log of some stretches, and one event that goes on in other pages than its own; checked once."""
    desk = Desk(tmp_path_factory.mktemp("stretches") / "home").make()
    rows = [row for number in range(1000) for row in ordinary_case(f"c{number}")]
    long = step("a long one", "explain", "2026-03-02 09:00:00", reason="长" * 9000 + "尾")
    desk.ok("import", desk.export("a.csv", [*rows, long]))
    desk.ok("check", "--as-of", "2026-03-10")
    return desk


def remembered(desk: Desk) -> tuple[list[Block], set[Block]]:
    with duckdb.connect(desk.home / ".work" / "warehouse.duckdb", read_only=True) as db:
        return kept_blocks(db), kept_stretches(db)


def compared(desk: Desk, blocks: list[Block], known: set[Block]) -> list[Block]:
    with EventLog(desk.home) as log:
        return compare(blocks, log, blocks[-1].last, no_progress, known)


def change_log(home: Path, statements: str) -> None:
    with closing(sqlite3.connect(home / "events.sqlite", isolation_level=None)) as db:
        db.execute("DROP TRIGGER stored_events_no_update")
        db.execute("DROP TRIGGER stored_events_no_delete")
        db.execute("PRAGMA writable_schema = on")
        db.executescript(statements)


def changed(mirrored: Desk, home: Path, statements: str) -> Desk:
    desk = mirrored.copy_to(home)
    change_log(desk.home, statements)
    return desk


@pytest.mark.parametrize("change", CHANGES)
def test_no_change_is_missed(mirrored: Desk, tmp_path: Path, change: str) -> None:
    blocks, known = remembered(mirrored)
    desk = changed(mirrored, tmp_path / "home", CHANGES[change])
    with pytest.raises(MirrorMismatchError):
        compared(desk, blocks, known)


@pytest.mark.parametrize("change", UNCHANGED)
def test_the_same_events_are_no_change_wherever_they_lie(mirrored: Desk, tmp_path: Path, change: str) -> None:
    blocks, known = remembered(mirrored)
    desk = changed(mirrored, tmp_path / "home", UNCHANGED[change])
    found = {*compared(desk, blocks, known)}
    assert len(known) >= 2
    assert (found == known) == (change != "in larger pages")


def test_only_what_lies_in_known_bytes_is_not_taken_apart(mirrored: Desk) -> None:
    blocks, known = remembered(mirrored)
    with closing(sqlite3.connect(mirrored.home / "events.sqlite")) as db:
        [(long,)] = db.execute(f"SELECT position FROM stored_events WHERE {LONG}").fetchall()
    covered = {position for one in known for position in range(one.first, one.last + 1)}
    assert long not in covered
    # A wrong digest is missed just where the block is not read.
    for number, block in enumerate(blocks):
        wrong = [*blocks[:number], replace(block, digest="0"), *blocks[number + 1 :]]
        with pytest.raises(MirrorMismatchError):
            compared(mirrored, wrong, set())
        if covered.issuperset(range(block.first, block.last + 1)):
            compared(mirrored, wrong, known)
        else:
            with pytest.raises(MirrorMismatchError):
                compared(mirrored, wrong, known)


def test_a_log_that_grows_is_known_as_far_as_it_was(mirrored: Desk, tmp_path: Path) -> None:
    desk = mirrored.copy_to(tmp_path / "home")
    before = remembered(desk)[1]
    more = [row for number in range(600) for row in ordinary_case(f"d{number}", "2026-03-10")]
    desk.ok("import", desk.export("b.csv", more))
    desk.ok("check", "--as-of", "2026-03-11")
    blocks, after = remembered(desk)
    assert before < after
    assert compared(desk, blocks, after)
    with pytest.raises(MirrorMismatchError):
        compared(desk, [*blocks[:1], *blocks[2:]], after)


def test_what_is_changed_once_it_was_read_is_seen_the_next_time(mirrored: Desk, tmp_path: Path) -> None:
    home = mirrored.copy_to(tmp_path / "home").home
    is_changed = False

    def told(stage: str, done: int, total: int) -> None:
        nonlocal is_changed
        if stage == "镜像" and done == total and not is_changed:
            change_log(home, CHANGES["a later time"])
            is_changed = True

    with EventLog(home) as log, Warehouse(home, tmp_path / "own.duckdb") as warehouse:
        with warehouse.comparing(log, told) as position:
            assert position == log.position()
        assert is_changed
        with pytest.raises(MirrorMismatchError), warehouse.comparing(log, no_progress):
            pass


def test_stretches_after_a_position_are_the_last_of_all(mirrored: Desk) -> None:
    with EventLog(mirrored.home) as log:
        whole = list(log.stretches(frozenset()))
        for last in {0, *(stretch.last for stretch in whole), *(stretch.first for stretch in whole)}:
            assert [*log.stretches(frozenset(), last)] == [one for one in whole if one.last > last]
