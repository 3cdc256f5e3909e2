"""What no signed checkpoint covers is no event: nothing reads it as one, and every night tells of it."""

from collections.abc import Callable
from typing import Any

import pytest
from attacks import SHA256, allow_any_position, first_damage
from conftest import Desk, ordinary_case
from stores import BOTH_STORES, opened_log

from regaudit.base.errors import LogError
from regaudit.catalogue.events import LogEvent
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.tree.keys import make_key, read_key
from regaudit.eventlog.tree.merkle import leaf_data
from regaudit.eventlog.tree.notes import Checkpoint, Signer, sign_note

STREAMS = ("imports", "runs", "mails", "nights", "case:150602/A001")
APPEND = "INSERT INTO stored_events VALUES (?,?,?,?,?,?)"


def forge(desk: Desk, position: int, stream: str = "mails") -> None:
    """Append, with the right to append alone, one more event like the last of a stream."""
    last = [event for event in desk.events() if event.stream == stream][-1]
    with opened_log(desk.home) as db:
        if position < 1:
            allow_any_position(db)
        [(state,)] = db.execute(
            "SELECT state FROM stored_events WHERE position = ?", (last.position,)
        ).fetchall()
        row = (position, stream.encode(), last.version + 1, last.topic.encode(), bytes(state))
        leaf = SHA256.leaf(leaf_data(*row))
        db.execute(APPEND, (position, stream, last.version + 1, last.topic, bytes(state), leaf))


def readings(log: EventLog) -> dict[str, Any]:
    """What every way to read a log gives."""
    found: dict[str, Any] = {"position": log.position(), "versions": log.versions(STREAMS)}
    found["all"] = sum(len(table) for table in log.read())
    found["keys"] = len(log.verifier_keys())
    for stream in STREAMS:
        found[f"{stream} version"] = log.version(stream)
        found[f"{stream} events"] = len(list(log.events(stream, LogEvent)))
        found[f"{stream} at"] = [position for position, _ in log.events_at(stream, LogEvent)]
        found[f"{stream} after"] = len(log.events_after(stream, 3, LogEvent))
        found[f"{stream} before"] = len(log.events_after(stream, -100, LogEvent))
        found[f"{stream} rows"] = sum(len(table) for table in log.read_streams([stream]))
    return found


def before_first(_: int) -> list[tuple[int, str]]:
    return [(1 - number, stream) for number, stream in enumerate(STREAMS, start=1)]


def behind_last(last: int) -> list[tuple[int, str]]:
    return [(last + number, stream) for number, stream in enumerate(STREAMS, start=1)]


@BOTH_STORES
@pytest.mark.parametrize("places", [before_first, behind_last])
def test_no_reader_takes_it_for_an_event(
    victim: Desk, places: Callable[[int], list[tuple[int, str]]]
) -> None:
    last = len(victim.events())
    with EventLog(victim.home, victim.store) as log:
        before = readings(log)
    for position, stream in places(last):
        forge(victim, position, stream)
    with EventLog(victim.home, victim.store) as log:
        assert readings(log) == before
    assert first_damage(victim, "--log-only")["kind"] == "插入"


@BOTH_STORES
@pytest.mark.parametrize("stream", ["mails", "case:150602/A001"])
def test_a_night_tells_of_a_record_before_the_first_and_goes_on(victim: Desk, stream: str) -> None:
    forge(victim, -3, stream)
    night = ("nightly", victim.export("third.csv", ordinary_case("C")), "--as-of", "2026-03-22")
    facts = victim.run(*night, "--json").facts
    [text] = facts["integrity"]
    assert "第 -3 条" in text
    assert facts["light"] == "red"
    assert victim.query("SELECT count(*) FROM cases WHERE case_no = 'C'") == [(1,)]


@BOTH_STORES
def test_a_version_that_such_a_record_has_taken_is_not_called_a_race(victim: Desk) -> None:
    forge(victim, 0, "imports")
    run = victim.run("import", victim.export("third.csv", ordinary_case("C")))
    assert run.status == 1
    assert "第 0 条" in run.err
    assert "regaudit verify" in run.err


@BOTH_STORES
@pytest.mark.parametrize("signed_by", ["a stranger", "a checkpoint of before"])
def test_a_checkpoint_laid_over_it_is_believed_by_nobody(victim: Desk, signed_by: str) -> None:
    last, note = victim.checkpoints()[-1]
    forge(victim, last + 1)
    make_key(victim.home, "attacker.key")
    stranger = Signer("centre.example", read_key(victim.home / "keys" / "attacker.key"))
    with opened_log(victim.home) as db:
        leaves = [leaf for (leaf,) in db.execute("SELECT leaf FROM stored_events ORDER BY position")]
        if signed_by == "a stranger":
            root = SHA256.root([bytes(leaf) for leaf in leaves])
            note = sign_note(Checkpoint("centre.example", last + 1, root).text(), [stranger])
        db.execute("INSERT INTO checkpoints VALUES (?,?)", (last + 1, note))
    with EventLog(victim.home, victim.store) as log:
        for read in (log.position, lambda: log.version("mails"), lambda: list(log.events("mails", LogEvent))):
            with pytest.raises(LogError, match="检查点"):
                read()
    assert victim.run("nightly", "--as-of", "2026-03-22").status == 1
    assert victim.run("imports").status == 1
    assert not victim.facts("verify", "--log-only", status=1)["is_whole"]


@BOTH_STORES
def test_a_new_log_takes_no_record_before_the_first(victim: Desk) -> None:
    with pytest.raises(Exception, match=r"(?i)check"), opened_log(victim.home) as db:
        db.execute(APPEND, (0, "mails", 99, "mail-sent", b"{}", bytes(32)))


def test_a_log_that_an_earlier_version_made_is_whole(victim: Desk) -> None:
    with opened_log(victim.home) as db:
        db.execute("PRAGMA writable_schema = ON")
        db.execute("UPDATE sqlite_master SET sql = replace(sql, ' CHECK (position > 0)', '')")
    assert victim.facts("verify", "--log-only")["is_whole"]
    assert victim.facts("nightly", "--as-of", "2026-03-22")["integrity"] == []
