"""How far a workspace has seen its log, noted outside the store: a shorter log, or another, is refused."""

import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from attacks import opened, remove_mirror, retree
from conftest import Desk, Whole, ordinary_case
from kills import kill_at
from stores import ON_POSTGRESQL, SLOWLY_ON_POSTGRESQL, new_store

pytestmark = pytest.mark.long

REASON = ("verify", "--acknowledge", "硬盘故障,从备份恢复", "--by", "wang")


def mark(desk: Desk) -> Path:
    return desk.home / "log.checkpoint"


def cut(desk: Desk, size: int) -> None:
    """Take everything behind a checkpoint away, as a standby that lags has never had it."""
    with opened(desk) as db:
        db.execute("DELETE FROM stored_events WHERE position > ?", (size,))
        db.execute("DELETE FROM checkpoints WHERE size > ?", (size,))
        retree(db)
        if not db.is_server:
            db.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'stored_events'", (size,))


def remove_copies(desk: Desk) -> None:
    """What else would tell: mirror, mails, published database."""
    remove_mirror(desk)
    shutil.rmtree(desk.home / "outbox")
    (desk.home / "regaudit.duckdb").unlink()


@pytest.fixture
def shorter(victim: Desk, whole: Whole) -> Desk:
    """A workspace whose log has lost its end with the checkpoints, and every witness but the mark."""
    cut(victim, whole.checkpoints[-4][0])
    remove_copies(victim)
    return victim


@SLOWLY_ON_POSTGRESQL
def test_what_was_taken_off_behind_the_mirror_is_told_and_nothing_is_written(shorter: Desk) -> None:
    before = len(shorter.events())
    run = shorter.run("import", shorter.export("third.csv", ordinary_case("C")))
    assert run.status == 1
    assert "log.checkpoint" in run.err
    assert "--acknowledge" in run.err
    facts = shorter.facts("nightly", "--as-of", "2026-03-22", status=1)
    assert any("log.checkpoint" in text for text in facts["integrity"])
    assert {"failed", "integrity"} <= {reason["code"] for reason in facts["because"]}
    assert len(shorter.events()) == before
    damages = shorter.facts("verify", "--log-only", status=1)["damages"]
    assert (damages[0]["kind"], damages[0]["position"]) == ("截短", before + 1)
    assert "log.checkpoint" in damages[0]["problem"]


@SLOWLY_ON_POSTGRESQL
def test_a_restored_backup_is_acknowledged_told_and_written_to(shorter: Desk) -> None:
    run = shorter.run(*REASON)
    assert "已确认:" in run.err
    [event] = shorter.events("mismatch-acknowledged")
    assert "mark" in {key.partition(":")[0] for key in event.state["keys"]}
    facts = shorter.facts("nightly", shorter.export("third.csv", ordinary_case("C")), "--as-of", "2026-03-22")
    assert facts["integrity"] == []
    assert any("log.checkpoint" in text and "wang" in text for text in facts["notices"])
    verified = shorter.facts("verify")
    assert verified["is_whole"]
    assert any("log.checkpoint" in text and "从备份恢复" in text for text in verified["notes"])


@SLOWLY_ON_POSTGRESQL
def test_killed_right_after_it_is_acknowledged_writing_goes_on(shorter: Desk) -> None:
    kill_at(shorter, "regaudit.eventlog.high_water:HighWater.put", *REASON)
    assert len(shorter.events("mismatch-acknowledged")) == 1
    assert shorter.facts("verify", "--log-only")["is_whole"]
    shorter.ok("import", shorter.export("third.csv", ordinary_case("C")))
    assert shorter.facts("verify", "--log-only")["is_whole"]


@SLOWLY_ON_POSTGRESQL
def test_killed_between_the_commit_and_the_mark_the_log_is_ahead(victim: Desk) -> None:
    before = mark(victim).read_bytes()
    path = victim.export("third.csv", ordinary_case("C"))
    kill_at(victim, "regaudit.eventlog.high_water:HighWater.put", "import", path)
    assert mark(victim).read_bytes() == before
    assert victim.facts("verify", "--log-only")["is_whole"]
    victim.ok("import", victim.export("fourth.csv", ordinary_case("D")))
    assert mark(victim).read_text() == victim.checkpoints()[-1][1]


@SLOWLY_ON_POSTGRESQL
def test_it_is_the_last_checkpoint_and_the_owners_alone(victim: Desk) -> None:
    assert mark(victim).read_text() == victim.checkpoints()[-1][1]
    assert stat.S_IMODE(mark(victim).stat().st_mode) == 0o600


@SLOWLY_ON_POSTGRESQL
def test_where_there_is_none_it_is_a_note_and_the_next_write_makes_it(victim: Desk) -> None:
    mark(victim).unlink()
    facts = victim.facts("verify", "--log-only")
    assert facts["is_whole"]
    assert any("log.checkpoint" in note for note in facts["notes"])
    facts = victim.facts("nightly", victim.export("third.csv", ordinary_case("C")), "--as-of", "2026-03-22")
    assert facts["integrity"] == []
    assert mark(victim).exists()


@SLOWLY_ON_POSTGRESQL
@pytest.mark.parametrize("spoil", [b"", b"nonsense\n", None], ids=["empty", "no note", "another's"])
def test_one_that_no_key_of_the_log_has_signed_is_told(victim: Desk, spoil: bytes | None) -> None:
    text = mark(victim).read_text()
    edited = text.replace(text.splitlines()[1], "3", 1)
    mark(victim).write_bytes(edited.encode() if spoil is None else spoil)
    assert victim.run("import", victim.export("third.csv", ordinary_case("C"))).status == 1
    facts = victim.facts("nightly", "--as-of", "2026-03-22", status=1)
    assert any("log.checkpoint" in text for text in facts["integrity"])
    damages = victim.facts("verify", "--log-only", status=1)["damages"]
    assert any("log.checkpoint" in damage["problem"] for damage in damages)
    assert "已确认:" in victim.run(*REASON).err
    victim.ok("import", victim.export("third.csv", ordinary_case("C")))
    assert victim.facts("verify", "--log-only")["is_whole"]


@contextmanager
def forked(desk: Desk, home: Path) -> Iterator[Desk]:
    """A fork of a log, which goes on by itself."""
    with desk.copied(home) as fork:
        fork.ok("import", fork.export("fork.csv", ordinary_case("F")))
        yield fork


@ON_POSTGRESQL
def test_a_fork_of_the_log_is_not_written_to(victim: Desk, tmp_path: Path) -> None:
    with forked(victim, tmp_path / "fork") as fork:
        victim.ok("import", victim.export("third.csv", ordinary_case("C")))
        settings = (victim.home / "regaudit.toml").read_text(encoding="utf-8")
        schema, other = victim.store.schema, fork.store.schema
        (victim.home / "regaudit.toml").write_text(settings.replace(schema, other), encoding="utf-8")
        run = victim.run("import", victim.export("fourth.csv", ordinary_case("D")))
        assert run.status == 1
        assert "log.checkpoint" in run.err
        assert not victim.facts("verify", "--log-only", status=1)["is_whole"]


@ON_POSTGRESQL
def test_machines_that_share_a_log_have_a_mark_each(victim: Desk, tmp_path: Path) -> None:
    other = Desk(tmp_path / "other", victim.store)
    shutil.copytree(victim.home, other.home)
    for number in range(2):
        for desk in (victim, other):
            desk.ok("import", desk.export(f"{desk.home.name}{number}.csv", ordinary_case(desk.home.name)))
    assert mark(victim).read_bytes() != mark(other).read_bytes()
    for desk in (victim, other):
        assert desk.facts("verify", "--log-only")["is_whole"]


@pytest.mark.parametrize("store_kind", ["sqlite"])
def test_a_log_that_is_copied_to_a_server_extends_it(victim: Desk) -> None:
    with new_store("postgresql") as store:
        victim.ok("copy-log", victim.home, store.url, "--schema", store.schema)
        victim.configure(f'[store]\nurl = "{store.url}"\nschema = "{store.schema}"\n')
        (victim.home / "events.sqlite").unlink()
        victim.ok("import", victim.export("third.csv", ordinary_case("C")))
        assert victim.facts("verify", "--log-only")["is_whole"]
