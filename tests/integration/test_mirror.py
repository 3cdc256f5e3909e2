"""The warehouse is held against the log every night: an event changed behind our back fails the night."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import duckdb
import pytest
from conftest import Desk, ordinary_case, step

pytestmark = pytest.mark.long

LATE = step("L1", "accept", "2026-03-02 09:00:00", "li", registration_type="200")


def tamper(desk: Desk, sql: str) -> None:
    """Change the log as somebody would who can write the file."""
    with closing(sqlite3.connect(desk.home / "events.sqlite")) as db:
        db.execute("DROP TRIGGER stored_events_no_update")
        db.execute("DROP TRIGGER stored_events_no_delete")
        db.execute(sql)
        db.commit()


TAMPERED = {
    "a later time": "UPDATE stored_events SET state = CAST(replace(CAST(state AS TEXT), '2026-03-02T09', "
    "'2026-03-09T09') AS BLOB) WHERE topic = 'step-recorded'",
    "another case": "UPDATE stored_events SET originator_id = 'case:1/x' WHERE position = 1",
    "another version": "UPDATE stored_events SET originator_version = 99 WHERE position = 1",
    "a character moved to the next event": "UPDATE stored_events SET topic = CASE position WHEN 1 THEN "
    "'step-recorde' ELSE 'd' || topic END WHERE position <= 2",
    "another topic": "UPDATE stored_events SET topic = 'step-altered' WHERE position = 1",
    "the tail cut off": "DELETE FROM stored_events WHERE position >= 4",
    "the first event cut out": "DELETE FROM stored_events WHERE position = 1",
    "two events swapped": "UPDATE stored_events SET state = CASE position WHEN 1 THEN (SELECT state FROM "
    "stored_events WHERE position = 2) ELSE (SELECT state FROM stored_events WHERE position = 1) END "
    "WHERE position IN (1, 2)",
}

LACKING = {"the tail cut off": "末尾缺少记录", "the first event cut out": "缺少事件"}
"""Of these it is seen at once that records are missing."""


@pytest.fixture(scope="module")
def after_a_night(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("night") / "home").make()
    desk.facts("nightly", desk.export("a.csv", [LATE, *ordinary_case("1")]), "--as-of", "2026-03-10")
    return desk


@pytest.fixture
def tampered(after_a_night: Desk, change: str, tmp_path: Path) -> Iterator[Desk]:
    """A workspace after one night whose log somebody changed then."""
    with after_a_night.copied(tmp_path / "home") as desk:
        tamper(desk, TAMPERED[change])
        yield desk


# The digest is one over all that is stored: every day what it sees, and what is seen before it.
EVERY_DAY = ("a later time", "a character moved to the next event", "the tail cut off", "two events swapped")


@pytest.mark.parametrize(
    "change", [pytest.param(name, marks=[] if name in EVERY_DAY else [pytest.mark.slow]) for name in TAMPERED]
)
def test_a_changed_log_fails_the_night(tampered: Desk, change: str) -> None:
    published = (tampered.home / "regaudit.duckdb").read_bytes()
    result = tampered.facts("nightly", "--as-of", "2026-03-11", status=1)
    assert any(LACKING.get(change, "镜像") in failure for failure in result["failures"])
    assert (tampered.home / "regaudit.duckdb").read_bytes() == published
    mail = tampered.mails()[-1]
    assert mail.name.startswith("2026-03-11")
    assert "运行失败" in message_from_bytes(mail.read_bytes(), policy=default)["Subject"]
    assert len(tampered.events("run-completed")) in (0, 1)


@pytest.mark.parametrize("change", ["a later time", "the tail cut off"])
def test_a_changed_log_fails_every_night_and_is_mailed_once(tampered: Desk, change: str) -> None:
    """Once more it fails, for the same reason, and after that without another mail; a check fails too."""
    published = (tampered.home / "regaudit.duckdb").read_bytes()
    before = len(tampered.events())
    for _ in range(2):
        tampered.facts("nightly", "--as-of", "2026-03-11", status=1)
    mails = len(tampered.mails())
    again = tampered.facts("nightly", "--as-of", "2026-03-11", status=1)
    assert len(tampered.mails()) == mails
    assert tampered.run("check").status == 1
    assert (tampered.home / "regaudit.duckdb").read_bytes() == published
    if change in LACKING:
        # The log takes nothing more, not even that the posts were told.
        assert len(tampered.events()) == before
        assert any("未能记入日志" in problem for problem in again["mail"]["problems"])
    else:
        assert again["mail"]["already_sent"] == 1


def test_an_event_that_was_never_mirrored_is_missed_too(new_desk: Callable[[str], Desk]) -> None:
    """The night's last events are mirrored the night after; the log's own checkpoint covers them at once."""
    desk = new_desk("tampered")
    desk.facts("nightly", desk.export("a.csv", [LATE]), "--as-of", "2026-03-10")
    last = desk.events()[-1]
    assert last.topic == "mail-sent"
    tamper(desk, f"DELETE FROM stored_events WHERE position = {last.position}")
    for words in (("import", desk.export("b.csv", ordinary_case("1"))), ("check",), ("keys", "rotate")):
        run = desk.run(*words)
        assert run.status == 1
        assert "末尾缺少记录" in run.text
    assert desk.events()[-1].position == last.position - 1


@pytest.mark.slow
def test_a_mirror_made_anew_takes_nothing_that_was_changed_and_all_that_was_restored(
    new_desk: Callable[[str], Desk],
) -> None:
    desk = new_desk("tampered")
    desk.facts("nightly", desk.export("a.csv", [LATE]), "--as-of", "2026-03-10")
    log = desk.home / "events.sqlite"
    kept = log.read_bytes()
    tamper(desk, TAMPERED["a later time"])
    for words in ((), ("--rebuild",)):
        desk.facts("nightly", "--as-of", "2026-03-11", *words, status=1)
    assert "与其哈希不符" in desk.run("check", "--rebuild").err
    log.write_bytes(kept)
    (desk.home / "log.checkpoint").unlink()
    desk.facts("nightly", "--as-of", "2026-03-11", "--rebuild")
    assert desk.query("SELECT accepted_at::VARCHAR FROM cases") == [("2026-03-02 09:00:00",)]
    desk.ok("check")


def test_a_mirror_whose_digests_somebody_took_away_is_filled_again(new_desk: Callable[[str], Desk]) -> None:
    desk = new_desk("plain")
    desk.facts("nightly", desk.export("a.csv", [LATE, *ordinary_case("1")]), "--as-of", "2026-03-10")
    before = desk.query("SELECT finding_id, summary, evidence FROM findings ORDER BY 1")
    with duckdb.connect(desk.home / ".work" / "warehouse.duckdb") as db:
        db.execute("DROP TABLE log.blocks")
    desk.ok("check", "--as-of", "2026-03-10")
    assert desk.query("SELECT finding_id, summary, evidence FROM findings ORDER BY 1") == before
    with duckdb.connect(desk.home / ".work" / "warehouse.duckdb", read_only=True) as db:
        assert db.execute(
            "SELECT count(*), (SELECT sum(last - first + 1) FROM log.blocks) FROM log.events"
        ).fetchall() == [(len(desk.events()) - 1,) * 2]


@pytest.mark.slow
def test_a_warehouse_that_is_lost_or_damaged_is_made_again(desk: Desk) -> None:
    desk.facts("nightly", desk.export("a.csv", [LATE]), "--as-of", "2026-03-10")
    before = desk.query("SELECT finding_id, summary, evidence FROM findings ORDER BY 1")
    path = desk.home / ".work" / "warehouse.duckdb"
    for content in (None, b"", b"no database at all" * 1000, path.read_bytes()[:20_000]):
        path.unlink()
        if content is not None:
            path.write_bytes(content)
        desk.ok("check", "--as-of", "2026-03-10")
        assert desk.query("SELECT finding_id, summary, evidence FROM findings ORDER BY 1") == before


def test_a_rebuilt_warehouse_is_the_same(desk: Desk) -> None:
    desk.facts("nightly", desk.export("a.csv", [LATE, *ordinary_case("1")]), "--as-of", "2026-03-10")
    tables = ("cases", "steps", "findings", "queue_overtakes", "imports", "workdays")
    before = {table: desk.query(f"SELECT * FROM {table} ORDER BY ALL") for table in tables}
    desk.ok("check", "--as-of", "2026-03-10", "--rebuild")
    assert {table: desk.query(f"SELECT * FROM {table} ORDER BY ALL") for table in tables} == before


def test_a_log_that_is_no_database_is_said_to_be_one(new_desk: Callable[[str], Desk]) -> None:
    desk = new_desk("broken")
    (desk.home / "events.sqlite").write_bytes(b"no database at all" * 1000)
    run = desk.run("nightly")
    assert run.status == 1
    assert "events.sqlite" in run.text
    assert "Traceback" not in run.text
