"""What `verify` advises mends what it found; a log that was cut off is betrayed by what lies beside it."""

import re
import shutil
from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import duckdb
import pytest
from attacks import edit, editable, first_damage, opened, remove_mark, remove_mirror, retree
from conftest import Desk, Whole

from regaudit.eventlog.tree.keys import make_key, read_key
from regaudit.eventlog.tree.notes import Checkpoint, Signer, sign_note

pytestmark = pytest.mark.long

CHECK = ("check", "--as-of", "2026-03-21")
Deed = Callable[[Desk], object]


def sql(file: str, *statements: str) -> Deed:
    """Edit a DuckDB file of a workspace."""

    def done(desk: Desk) -> None:
        with duckdb.connect(desk.home / file) as db:
            for statement in statements:
                db.execute(statement)

    return done


def on_log(*statements: str) -> Deed:
    """Edit the log, no trigger left."""

    def done(desk: Desk) -> None:
        with opened(desk) as db:
            for statement in statements:
                db.execute(statement)

    return done


def edited(desk: Desk) -> None:
    position = editable(desk)
    with opened(desk) as db:
        edit(db, position)


def more_triggers(desk: Desk) -> None:
    with opened(desk) as db:
        db.execute("CREATE TRIGGER swallow BEFORE INSERT ON checkpoints BEGIN SELECT raise(IGNORE); END")


def published_and_private(desk: Desk) -> None:
    """The same edit in what was published and in what the next night follows on."""
    sql("regaudit.duckdb", "UPDATE findings SET severity = 'info'")(desk)
    sql(".work/warehouse.duckdb", "UPDATE core.cases SET accepted_at = '2026-03-19 09:00:00'")(desk)


def restore_log(desk: Desk) -> None:
    shutil.copyfile(desk.home / "backup" / "events.sqlite", desk.home / "events.sqlite")


def restore(name: str) -> Deed:
    return lambda desk: shutil.copytree(desk.home / "backup" / name, desk.home / name, dirs_exist_ok=True)


def forged_mail(desk: Desk) -> None:
    make_key(desk.home, "forger.key")
    signer = Signer("centre.example", read_key(desk.home / "keys" / "forger.key"))
    note = sign_note(Checkpoint("centre.example", 10**6, bytes(32)).text(), [signer])
    (desk.home / "outbox").mkdir(exist_ok=True)
    text = f"Subject: x\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{note}"
    (desk.home / "outbox" / "forged.eml").write_text(text, encoding="utf-8")


def rebuilt(desk: Desk) -> None:
    desk.ok(*CHECK, "--rebuild")


REBUILD, RESTORE = "regaudit check --rebuild", "从备份恢复事件日志"
FIRST = "(SELECT min(finding_id) FROM findings)"
CASES: dict[str, tuple[Deed, str, Deed]] = {
    "a record edited": (edited, RESTORE, restore_log),
    "a record removed": (on_log("DELETE FROM stored_events WHERE position = 100"), RESTORE, restore_log),
    "the tail cut": (on_log("DELETE FROM stored_events WHERE position > 300"), RESTORE, restore_log),
    "a leaf": (
        on_log("UPDATE stored_events SET leaf = zeroblob(32) WHERE position = 40"),
        RESTORE,
        restore_log,
    ),
    "a node": (on_log("DELETE FROM tree_nodes WHERE number = 0"), RESTORE, restore_log),
    "a checkpoint": (on_log("DELETE FROM checkpoints WHERE size = 0"), RESTORE, restore_log),
    "a trigger": (more_triggers, RESTORE, restore_log),
    "the public keys": (
        lambda desk: (desk.home / "keys" / "log.pub").write_text("nonsense\n"),
        "从备份恢复",
        restore("keys"),
    ),
    "an archived file": (
        lambda desk: next((desk.home / "archive").glob("*.zst")).unlink(),
        "从备份恢复该文件",
        restore("archive"),
    ),
    "the mirror": (
        sql(".work/warehouse.duckdb", "UPDATE log.events SET leaf = 0 WHERE position = 7"),
        REBUILD,
        rebuilt,
    ),
    "a mirror that is none": (
        lambda desk: (desk.home / ".work" / "warehouse.duckdb").write_bytes(b"junk" * 4096),
        REBUILD,
        rebuilt,
    ),
    "no published database": (
        lambda desk: (desk.home / "regaudit.duckdb").unlink(),
        "regaudit check 重新发布",
        lambda desk: desk.ok(*CHECK),
    ),
    "a published database that is none": (
        lambda desk: (desk.home / "regaudit.duckdb").write_bytes(b"no database"),
        REBUILD,
        rebuilt,
    ),
    "a published finding": (
        sql("regaudit.duckdb", f"DELETE FROM findings WHERE finding_id = {FIRST}"),
        REBUILD,
        rebuilt,
    ),
    "a published run": (sql("regaudit.duckdb", "UPDATE runs SET findings = findings + 1"), REBUILD, rebuilt),
    "no published run": (sql("regaudit.duckdb", "DELETE FROM runs"), REBUILD, rebuilt),
    "a published case and the private one": (published_and_private, REBUILD, rebuilt),
    "a mail that is none of ours": (
        forged_mail,
        "从 outbox/ 移出",
        lambda desk: (desk.home / "outbox" / "forged.eml").unlink(),
    ),
}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if number % 6 == 0 else [pytest.mark.slow])
        for number, name in enumerate(CASES)
    ],
)
def test_what_is_advised_mends_what_was_found(victim: Desk, name: str) -> None:
    done, advised, follow = CASES[name]
    for part in ("keys", "archive"):
        shutil.copytree(victim.home / part, victim.home / "backup" / part)
    shutil.copyfile(victim.home / "events.sqlite", victim.home / "backup" / "events.sqlite")
    done(victim)
    assert advised in first_damage(victim)["advice"]
    follow(victim)
    facts = victim.facts("verify")
    assert (facts["is_whole"], facts["damages"]) == (True, [])


def test_a_wrong_key_is_mended_by_the_right_one(victim: Desk, tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    stranger = Signer("centre.example", make_key(tmp_path, "other.key")).verifier.text()
    assert "给错了公钥" in first_damage(victim, "--key", stranger)["advice"]
    assert victim.facts("verify", "--key", victim.home / "keys" / "log.pub")["is_whole"]


def cut(desk: Desk, size: int) -> None:
    """Take the last events and their checkpoints away, and every trace of them in the log and its mirror."""
    with opened(desk) as db:
        db.execute("DELETE FROM stored_events WHERE position > ?", (size,))
        db.execute("DELETE FROM checkpoints WHERE size > ?", (size,))
        retree(db)
        db.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'stored_events'", (size,))
    remove_mirror(desk)
    remove_mark(desk)


def test_a_cut_log_is_contradicted_by_the_mails_in_the_outbox(victim: Desk, whole: Whole) -> None:
    last = len(victim.events())
    mails = sorted(path.name for path in victim.mails())
    assert mails
    cut(victim, max(size for size, _ in whole.checkpoints if size < 200))
    (victim.home / "regaudit.duckdb").unlink()
    damage = first_damage(victim, "--log-only")
    assert damage["kind"] == "截短"
    assert f"outbox/{mails[-1]} 证明曾有" in damage["problem"]
    assert last > damage["position"]


def test_a_cut_log_is_contradicted_by_the_published_database(victim: Desk, whole: Whole) -> None:
    cut(victim, max(size for size, _ in whole.checkpoints if size < 200))
    kinds = [one["kind"] for one in victim.facts("verify", status=1)["damages"]]
    assert kinds.count("截短") == 2
    shutil.rmtree(victim.home / "outbox")
    damage = first_damage(victim)
    assert damage["kind"] == "截短"
    assert "regaudit.duckdb 是第" in damage["problem"]


def test_an_edited_mail_is_told(victim: Desk) -> None:
    mail = victim.mails()[-1]
    message = message_from_bytes(mail.read_bytes(), policy=default)
    [part] = [part for part in message.walk() if part.get_filename() == "checkpoint.txt"]
    note = re.sub(r"\n(\d+)\r?\n", r"\n1\1\n", part.get_content(), count=1)
    part.set_content(note, filename="checkpoint.txt", cte="base64")
    mail.write_bytes(message.as_bytes())
    damage = first_damage(victim)
    assert (damage["kind"], damage["file"]) == ("邮件", mail.name)
    mail.unlink()
    assert victim.facts("verify")["is_whole"]


def test_what_was_given_is_named_with_what_it_was_held_against(victim: Desk, whole: Whole) -> None:
    old = victim.home / "keys" / "log.pub"
    [first] = old.read_text(encoding="utf-8").splitlines()
    note, mail = victim.home / "note.txt", victim.mails()[0]
    note.write_text(whole.first_night, encoding="utf-8")
    words = ("--key", old, "--checkpoint", note, "--checkpoint", mail, "--log-only")
    held = victim.facts("verify", *words)["held"]
    assert [one["holds"] for one in held] == [True] * 3
    assert [one["given"] for one in held] == [f"--key {old}", f"--checkpoint {note}", f"--checkpoint {mail}"]
    assert held[0]["what"] == first
    assert "第 1 个(自建立日志时起)相同" in held[0]["against"]
    assert first in held[1]["what"]
    assert "重算的树根相符" in held[1]["against"]
    said = victim.ok("verify", *words).text
    assert f"对照(相符):--checkpoint{note}" in said
    cut(victim, 3)
    held = victim.facts("verify", *words, status=1)["held"]
    assert [one["holds"] for one in held] == [True, False, False]
    assert "日志只到第 3 条:不符" in held[1]["against"]
