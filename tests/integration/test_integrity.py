"""What contradicts the log is told the same night; a backup that was restored can be acknowledged."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import Desk, ordinary_case, step

pytestmark = pytest.mark.long

LATE = step("L1", "accept", "2026-03-02 09:00:00", "li", registration_type="200")
NEXT = "2026-03-12"
HOLD = """
import duckdb, sys
db = duckdb.connect(sys.argv[1])
db.execute("CREATE TABLE own (x INTEGER); INSERT INTO own VALUES (1)")
print(1, flush=True)
input()
"""


@pytest.fixture(scope="module")
def after_two_nights(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A workspace after two nights; `backup` beside it is the log after the first."""
    desk = Desk(tmp_path_factory.mktemp("nights") / "home").make()
    desk.ok("nightly", desk.export("a.csv", [LATE]), "--as-of", "2026-03-10")
    shutil.copy(desk.home / "events.sqlite", desk.home.parent / "backup")
    desk.ok("nightly", desk.export("b.csv", ordinary_case("1")), "--as-of", "2026-03-11")
    return desk


@pytest.fixture
def desk(after_two_nights: Desk, tmp_path: Path) -> Iterator[Desk]:
    with after_two_nights.copied(tmp_path / "home") as copy:
        yield copy


def told(desk: Desk, night: str = NEXT, *, status: int = 0) -> list[str]:
    """What the night says contradicts the log."""
    found: list[str] = desk.facts("nightly", "--as-of", night, status=status)["integrity"]
    return found


def restored(desk: Desk, after_two_nights: Desk) -> None:
    """Put the log of one night earlier in place."""
    shutil.copy(after_two_nights.home.parent / "backup", desk.home / "events.sqlite")


def test_whole_workspaces_are_told_nothing_of(desk: Desk) -> None:
    assert told(desk) == []
    assert told(desk) == []
    assert told(desk, "2026-03-13") == []


def test_a_trigger_that_is_gone_is_told(desk: Desk) -> None:
    with closing(sqlite3.connect(desk.home / "events.sqlite")) as db:
        db.execute("DROP TRIGGER stored_events_no_update")
    [text] = told(desk)
    assert "缺少:stored_events_no_update" in text
    assert "regaudit verify" in text
    # Nobody puts it back but from a backup.
    assert len(told(desk, "2026-03-13")) == 1


def test_a_mail_that_is_edited_is_told(desk: Desk) -> None:
    first, *others = desk.mails()
    content = first.read_bytes()
    first.write_bytes(content.replace(b"Subject:", b"Subject: x", 1))
    [text] = told(desk)
    assert f"outbox/{first.name}" in text
    assert "被改动" in text
    first.write_bytes(content)
    for mail in others:  # they may be carried away
        mail.unlink()
    assert told(desk, "2026-03-13") == []


def test_an_edited_published_database_is_told_and_replaced(desk: Desk) -> None:
    with duckdb.connect(desk.home / "regaudit.duckdb") as db:
        db.execute("DELETE FROM findings")
    [text] = told(desk)
    assert "regaudit.duckdb" in text
    assert desk.query("SELECT count(*) FROM findings") == [(1,)]
    assert told(desk, "2026-03-13") == []


def test_the_database_of_an_interrupted_run_is_no_contradiction(desk: Desk) -> None:
    kept = shutil.copy(desk.home / "regaudit.duckdb", desk.home.parent / "kept")
    desk.ok("check", "--as-of", NEXT)
    shutil.copy(kept, desk.home / "regaudit.duckdb")
    facts = desk.facts("nightly", "--as-of", NEXT)
    assert facts["integrity"] == []
    assert any("其后的运行曾中断,将重新发布" in text for text in facts["notices"])


def test_a_cut_log_fails_the_night_while_the_mirror_is_there(desk: Desk, after_two_nights: Desk) -> None:
    restored(desk, after_two_nights)
    for _ in range(2):
        facts = desk.facts("nightly", "--as-of", NEXT, status=1)
        assert any("log.checkpoint" in text for text in facts["failures"])
        assert any("regaudit.duckdb 是第 2 次运行的" in text for text in facts["integrity"])
    assert desk.query("SELECT max(run_no) FROM runs") == [(2,)]


def test_a_cut_log_without_mirror_is_contradicted_by_mark_mail_and_database(
    desk: Desk, after_two_nights: Desk
) -> None:
    restored(desk, after_two_nights)
    shutil.rmtree(desk.home / ".work")
    found = told(desk, status=1)
    assert sum("log.checkpoint" in text for text in found) == 1
    assert sum("regaudit.duckdb 是第 2 次运行的" in text for text in found) == 1
    assert sum("outbox/2026-03-11" in text and "事件日志只有" in text for text in found) == 1
    assert all("--acknowledge" in text for text in found)
    # A night that writes nothing replaces none of them.
    assert len(told(desk, "2026-03-13", status=1)) == 3
    (desk.home / "log.checkpoint").unlink()
    assert len(told(desk, "2026-03-13")) == 2
    # Without the database that was replaced, the mail still says so.
    assert len(told(desk, "2026-03-14")) == 1


def acknowledge(desk: Desk, *, status: int = 0) -> str:
    run = desk.run("verify", "--acknowledge", "硬盘故障,从备份恢复", "--by", "wang")
    assert run.status == status, run
    return run.text


@pytest.mark.slow
def test_a_restored_backup_is_acknowledged_and_told_from_then_on(desk: Desk, after_two_nights: Desk) -> None:
    restored(desk, after_two_nights)
    damages = desk.facts("verify", status=1)["damages"]
    assert {damage["kind"] for damage in damages} == {"截短"}
    assert all("verify --acknowledge" in damage["advice"] for damage in damages)
    # The mirror is a witness, too: what it shows is acknowledged with the rest.
    assert "已确认" in acknowledge(desk)
    [event] = desk.events("mismatch-acknowledged")
    assert event.state["acknowledged_by"] == "wang"
    assert {key.partition(":")[0] for key in event.state["keys"]} == {
        "mail",
        "mark",
        "published",
        "warehouse",
    }
    verified = desk.facts("verify")
    assert verified["is_whole"]
    for name in ("outbox/2026-03-11", "warehouse.duckdb", "regaudit.duckdb"):
        assert any(name in note and "从备份恢复" in note for note in verified["notes"])
    facts: Any = desk.facts("nightly", "--as-of", NEXT)
    assert facts["integrity"] == []
    assert sum("wang 于" in text and "从备份恢复" in text for text in facts["notices"]) >= 3
    assert told(desk, "2026-03-13") == []
    assert desk.facts("verify")["is_whole"]
    # Only what was there then: the next contradiction is red again.
    with duckdb.connect(desk.home / "regaudit.duckdb") as db:
        db.execute("DELETE FROM findings")
    assert len(told(desk, "2026-03-14")) == 1


def test_what_is_acknowledged_excuses_nothing_else(desk: Desk, after_two_nights: Desk) -> None:
    restored(desk, after_two_nights)
    acknowledge(desk)
    with duckdb.connect(desk.home / "regaudit.duckdb") as db:
        db.execute("DELETE FROM findings")
    [damage] = desk.facts("verify", status=1)["damages"]
    assert "regaudit.duckdb 是第 2 次运行的" in damage["problem"]


def test_an_edited_database_that_is_acknowledged_is_a_note(desk: Desk) -> None:
    with duckdb.connect(desk.home / "regaudit.duckdb") as db:
        db.execute("DELETE FROM findings")
    assert desk.facts("verify", status=1)["damages"][0]["kind"] == "已发布问题"
    acknowledge(desk)
    assert any("regaudit.duckdb" in note for note in desk.facts("verify")["notes"])


def test_nothing_is_acknowledged_where_nothing_contradicts(desk: Desk) -> None:
    before = len(desk.events())
    assert "没有尚未确认的矛盾" in acknowledge(desk, status=1)
    run = desk.run("verify", "--acknowledge", " ", "--by", "wang")
    assert run.status == 1
    assert len(desk.events()) == before


@contextmanager
def held(path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another program that has written to a database and has it open."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        process.stdout.readline()
        try:
            yield process
        finally:
            process.kill()


def test_a_writer_of_the_published_database_is_named_and_the_next_night_clears_up(desk: Desk) -> None:
    path = desk.home / "regaudit.duckdb"
    wal = path.with_name("regaudit.duckdb.wal")
    before = path.read_bytes()
    with held(path) as process:
        assert wal.exists()
        facts = desk.facts("nightly", "--as-of", NEXT, status=1)
        assert any(f"进程号 {process.pid}" in text for text in facts["failures"])
        assert len(desk.events("run-completed")) == 2
    assert path.read_bytes() == before
    assert wal.exists()
    facts = desk.facts("nightly", "--as-of", NEXT)
    assert any("regaudit.duckdb.wal,已删除" in text for text in facts["notices"])
    assert facts["integrity"] == []
    assert not wal.exists()
    assert desk.query("SELECT count(*) FROM runs") == [(3,)]
    assert desk.query("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'own'") == [(0,)]


def test_a_writer_of_the_warehouse_is_named_and_nothing_is_deleted(desk: Desk) -> None:
    path = desk.home / ".work" / "warehouse.duckdb"
    before = path.read_bytes()
    with held(path) as process:
        facts = desk.facts("nightly", "--as-of", NEXT, status=1)
        assert any(f"进程号 {process.pid}" in text for text in facts["failures"])
    assert path.read_bytes() == before
    [text] = told(desk)
    assert "warehouse.duckdb.wal" in text
