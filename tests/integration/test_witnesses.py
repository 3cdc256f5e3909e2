"""Mails as witnesses: two of them and the log say whether history was rewritten in between."""

import contextlib
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import NamedTuple

import pytest
from attacks import opened, retree
from conftest import Desk, ordinary_case, step
from mutations import mutations

from regaudit.eventlog.tree.keys import make_key, read_key
from regaudit.eventlog.tree.notes import Signer, parse_checkpoint, sign_note

pytestmark = pytest.mark.long


def night(desk: Desk, day: str, case_no: str) -> Path:
    """Run a night that brings a case and mails; returns its mail."""
    before = set(desk.mails())
    desk.ok("nightly", desk.export(f"{case_no}.csv", ordinary_case(case_no, day)), "--as-of", day)
    [mail] = set(desk.mails()) - before
    return mail


class Witnessed(NamedTuple):
    """A workspace after two nights, and the names of their mails."""

    desk: Desk
    mails: tuple[str, str]


@pytest.fixture(scope="module")
def witnessed(tmp_path_factory: pytest.TempPathFactory) -> Witnessed:
    """Nobody changes it: every test has a copy."""
    desk = Desk(tmp_path_factory.mktemp("witnessed") / "home").make()
    first, second = night(desk, "2026-03-02", "A1"), night(desk, "2026-03-03", "A2")
    return Witnessed(desk, (first.name, second.name))


@pytest.fixture
def desk(witnessed: Witnessed, tmp_path: Path) -> Iterator[Desk]:
    copy = witnessed.desk.copy_to(tmp_path / "home")
    yield copy
    copy.assert_log_is_whole()


@pytest.fixture
def mails(witnessed: Witnessed, desk: Desk) -> tuple[Path, Path]:
    first, second = witnessed.mails
    return desk.home / "outbox" / first, desk.home / "outbox" / second


def test_the_later_mail_extends_the_earlier_whatever_the_order(desk: Desk, mails: tuple[Path, Path]) -> None:
    for pair in (mails, mails[::-1]):
        facts = desk.facts("compare-checkpoints", *pair)
        assert facts["verdict"] == "extends"
        assert facts["earlier"]["file"] == mails[0].name
        assert facts["earlier"]["size"] < facts["later"]["size"] <= len(desk.events())


def test_a_mail_is_consistent_with_itself_and_with_its_attachment_alone(
    desk: Desk, mails: tuple[Path, Path], tmp_path: Path
) -> None:
    assert desk.facts("compare-checkpoints", mails[0], mails[0])["verdict"] == "same"
    note = next(note for size, note in checkpoints(desk) if size == facts_size(desk, mails[0]))
    alone = tmp_path / "note.txt"
    alone.write_text(note, encoding="utf-8")
    assert desk.facts("compare-checkpoints", alone, mails[1])["verdict"] == "extends"


def test_a_log_rewritten_with_the_real_key_is_betrayed_by_the_earlier_mail(
    desk: Desk, mails: tuple[Path, Path], new_desk: Callable[[str], Desk]
) -> None:
    forged = new_desk("forged")
    (forged.home / "events.sqlite").unlink()
    shutil.rmtree(forged.home / "keys")
    (forged.home / "regaudit.toml").unlink()
    shutil.copytree(desk.home / "keys", forged.home / "keys")
    forged.ok("init", forged.home, "--profile", "ordos-2023", "--origin", origin(desk))
    innocent = [row | {"account": "somebody"} for row in ordinary_case("A1", "2026-03-02")]
    forged.ok("nightly", forged.export("A1.csv", innocent), "--as-of", "2026-03-02")
    late = night(forged, "2026-03-03", "A2")
    facts = forged.facts("compare-checkpoints", mails[0], late, status=1)
    assert facts["verdict"] == "rewritten"
    assert "历史被改写" in forged.run("compare-checkpoints", mails[0], late).text


def test_a_log_with_its_tail_cut_off_is_shorter_than_the_mail_says(
    desk: Desk, mails: tuple[Path, Path], new_desk: Callable[[str], Desk]
) -> None:
    early = new_desk("early")
    shutil.copytree(desk.home / "keys", early.home / "keys", dirs_exist_ok=True)
    shutil.copyfile(desk.home / "events.sqlite", early.home / "events.sqlite")
    later = night(desk, "2026-03-04", "A3")
    facts = early.facts("compare-checkpoints", mails[0], later, status=1)
    assert facts["verdict"] == "shortened"


def test_another_logs_mail_is_told_apart(
    desk: Desk, mails: tuple[Path, Path], new_desk: Callable[[str], Desk]
) -> None:
    other = night(new_desk("other"), "2026-03-02", "A1")
    facts = desk.facts("compare-checkpoints", mails[0], other, status=1)
    assert facts["verdict"] == "foreign"


def test_a_forged_checkpoint_has_no_signature_of_the_log(
    desk: Desk, mails: tuple[Path, Path], tmp_path: Path
) -> None:
    size, note = checkpoints(desk)[-1]
    forged = tmp_path / "note.txt"
    forged.write_text(note.replace(f"\n{size}\n", f"\n{size - 1}\n"), encoding="utf-8")
    facts = desk.facts("compare-checkpoints", mails[0], forged, status=1)
    assert facts["verdict"] == "foreign"
    assert "签名" in facts["reason"]


@pytest.mark.slow
def test_after_a_change_of_keys_old_mails_still_count(desk: Desk, mails: tuple[Path, Path]) -> None:
    desk.ok("keys", "rotate")
    later = night(desk, "2026-03-04", "A3")
    assert desk.facts("compare-checkpoints", mails[0], later)["verdict"] == "extends"


def keep_key(desk: Desk, path: Path) -> Path:
    """Keep the key in force alone, as an auditor would have; returns the file."""
    path.write_text((desk.home / "keys/log.pub").read_text(encoding="utf-8").splitlines()[-1] + "\n", "utf-8")
    return path


@pytest.mark.slow
def test_a_key_kept_from_before_or_after_a_change_counts_for_both_mails(
    desk: Desk, mails: tuple[Path, Path], tmp_path: Path
) -> None:
    old = keep_key(desk, tmp_path / "old.pub")
    desk.ok("keys", "rotate")
    middle = keep_key(desk, tmp_path / "middle.pub")
    desk.ok("keys", "rotate")
    new = keep_key(desk, tmp_path / "new.pub")
    later = night(desk, "2026-03-04", "A3")
    for kept, reason in ((old, "后任"), (middle, "前任"), (new, "前任")):
        facts = desk.facts("compare-checkpoints", mails[0], later, "--key", kept)
        assert facts["verdict"] == "extends", kept
        assert facts["earlier"]["signed_by"] == old.read_text(encoding="utf-8").strip()
        assert facts["later"]["signed_by"] == new.read_text(encoding="utf-8").strip()
        assert reason in desk.ok("compare-checkpoints", mails[0], later, "--key", kept).text
        words = ("--key", kept, "--checkpoint", mails[0], "--checkpoint", later)
        assert desk.facts("verify", *words)["is_whole"]


@pytest.mark.slow
@pytest.mark.usefixtures("mails")
def test_a_new_key_does_not_vouch_for_what_its_checkpoint_does_not_cover(desk: Desk, tmp_path: Path) -> None:
    """Who can write the file puts a key of his own before the given one, with an introduction of it."""
    desk.ok("keys", "rotate")
    new = keep_key(desk, tmp_path / "new.pub")
    later = night(desk, "2026-03-04", "A3")
    forger = Signer(origin(desk), make_key(tmp_path, "forger.key"))
    shutil.copytree(desk.home, tmp_path / "copy")
    victim = Desk(tmp_path / "copy")
    forge_first_key(victim, forger)
    size, note = checkpoints(desk)[2]
    forged = tmp_path / "forged.txt"
    forged.write_text(sign_note(parse_checkpoint(note).text(), [forger]), encoding="utf-8")
    facts = victim.facts("compare-checkpoints", forged, later, "--key", new, status=1)
    assert (facts["verdict"], facts["earlier"]["size"]) == ("foreign", size)
    assert facts["earlier"]["signed_by"] == ""


@pytest.mark.slow
@pytest.mark.usefixtures("mails")
def test_an_older_key_counts_no_further_than_it_was_in_force(desk: Desk, tmp_path: Path) -> None:
    stolen = Signer(origin(desk), read_key(desk.home / "keys/log.key"))
    desk.ok("keys", "rotate")
    new = keep_key(desk, tmp_path / "new.pub")
    later = night(desk, "2026-03-04", "A3")
    size, note = checkpoints(desk)[-1]
    forged = tmp_path / "forged.txt"
    forged.write_text(sign_note(parse_checkpoint(note).text(), [stolen]), encoding="utf-8")
    for words in ((), ("--key", new), ("--key", stolen.verifier.text())):
        facts = desk.facts("compare-checkpoints", later, forged, *words, status=1)
        assert (facts["verdict"], facts["later"]["size"]) == ("foreign", size)


def test_a_foreign_key_counts_for_no_mail(desk: Desk, mails: tuple[Path, Path], tmp_path: Path) -> None:
    desk.ok("keys", "rotate")
    later = night(desk, "2026-03-04", "A3")
    foreign = Signer(origin(desk), make_key(tmp_path, "foreign.key")).verifier.text()
    facts = desk.facts("compare-checkpoints", mails[0], later, "--key", foreign, status=1)
    assert facts["verdict"] == "foreign"


def forge_first_key(desk: Desk, forger: Signer) -> None:
    """Make the forger's key the log's first, which introduces the second."""
    with opened(desk) as db:
        [(state,)] = db.execute("SELECT state FROM stored_events WHERE topic = 'key-introduced'").fetchall()
        content = json.loads(state)
        text, _, _ = content["introduction"].partition("\n\n")
        content["introduction"] = sign_note(text + "\n", [forger])
        db.execute(
            "UPDATE stored_events SET state = ? WHERE topic = 'key-introduced'",
            (json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode(),),
        )
        db.execute("UPDATE log_facts SET value = ? WHERE name = 'key'", (forger.verifier.text(),))
        retree(db)


def test_a_file_without_a_checkpoint_is_refused(desk: Desk, mails: tuple[Path, Path]) -> None:
    run = desk.run(
        "compare-checkpoints", mails[0], desk.export("x.csv", [step("A1", "accept", "2026-03-02")])
    )
    assert run.status == 2
    assert "x.csv中没有检查点" in run.text
    assert desk.run("compare-checkpoints", mails[0], desk.home / "none.eml").status == 2


def checkpoints(desk: Desk) -> list[tuple[int, str]]:
    """As stored, read without our own code."""
    with contextlib.closing(sqlite3.connect(desk.home / "events.sqlite")) as db:
        return [
            (int(size), str(note))
            for size, note in db.execute("SELECT size, note FROM checkpoints ORDER BY 1")
        ]


def origin(desk: Desk) -> str:
    return checkpoints(desk)[0][1].splitlines()[0]


def facts_size(desk: Desk, mail: Path) -> int:
    return int(desk.facts("compare-checkpoints", mail, mail)["earlier"]["size"])


def joined(desk: Desk, path: Path, *words: str | Path) -> Path:
    desk.ok("prove", "--consistency", *words, "-o", path)
    return path


def alone(nowhere: Desk, *words: str | Path, status: int = 0) -> str:
    """The verdict where there is no log."""
    return str(nowhere.facts("compare-checkpoints", *words, status=status)["verdict"])


def test_two_mails_are_compared_without_the_log_by_an_enclosed_proof(
    desk: Desk, mails: tuple[Path, Path], tmp_path: Path
) -> None:
    nowhere, key = Desk(tmp_path / "nowhere"), keep_key(desk, tmp_path / "kept.pub")
    proof = joined(desk, tmp_path / "joined.json", mails[0], "--to", mails[1])
    for pair in (mails, mails[::-1]):
        assert alone(nowhere, *pair, "--proof", proof, "--key", key) == "extends"
    said = nowhere.ok("compare-checkpoints", *mails, "--proof", proof, "--key", key).text
    assert "原样保留" in said
    assert "没有查看日志" in said
    assert nowhere.run("compare-checkpoints", *mails, "--proof", proof).status == 2
    assert nowhere.run("compare-checkpoints", *mails, "--proof", key, "--key", key).status == 2
    to_last = joined(desk, tmp_path / "last.json", mails[0])
    assert alone(nowhere, *mails, "--proof", to_last, "--key", key, status=1) == "unproven"
    assert desk.run("prove", "--consistency", mails[1], "--to", mails[0], "-o", proof).status == 2
    assert desk.run("prove", "150602/A1", "--consistency", mails[1], "-o", proof).status == 2
    assert desk.run("prove", "-o", proof).status == 2


def test_a_proof_enclosed_with_a_mail_is_found(desk: Desk, mails: tuple[Path, Path], tmp_path: Path) -> None:
    nowhere, key = Desk(tmp_path / "nowhere"), keep_key(desk, tmp_path / "kept.pub")
    proof = joined(desk, tmp_path / "joined.json", mails[0], "--to", mails[1])
    letter = message_from_bytes(mails[1].read_bytes(), policy=default)
    letter.add_attachment(proof.read_bytes(), maintype="application", subtype="json", filename=proof.name)
    enclosing = tmp_path / "enclosing.eml"
    enclosing.write_bytes(letter.as_bytes())
    assert alone(nowhere, mails[0], enclosing, "--proof", enclosing, "--key", key) == "extends"


@pytest.mark.slow
def test_a_new_key_needs_no_signature_of_the_old_mail(
    desk: Desk, mails: tuple[Path, Path], tmp_path: Path
) -> None:
    nowhere, old = Desk(tmp_path / "nowhere"), keep_key(desk, tmp_path / "old.pub")
    desk.ok("keys", "rotate")
    new = keep_key(desk, tmp_path / "new.pub")
    later = night(desk, "2026-03-04", "A3")
    proof = joined(desk, tmp_path / "joined.json", mails[0], "--to", later)
    assert alone(nowhere, mails[0], later, "--proof", proof, "--key", old) == "extends"
    said = nowhere.ok("compare-checkpoints", mails[0], later, "--proof", proof, "--key", new).text
    assert "不是由所给公钥签名的" in said
    assert alone(nowhere, *mails, "--proof", proof, "--key", new, status=1) == "foreign"


def test_every_leaf_of_a_consistency_proof_is_bound(
    desk: Desk, mails: tuple[Path, Path], tmp_path: Path
) -> None:
    nowhere, key = Desk(tmp_path / "nowhere"), keep_key(desk, tmp_path / "kept.pub")
    path = joined(desk, tmp_path / "joined.json", mails[0], "--to", mails[1])
    words = ("compare-checkpoints", *mails, "--proof", path, "--key", key)
    before, refused = nowhere.ok(*words).out, 0
    for place, changed in mutations(json.loads(path.read_bytes())):
        path.write_text(json.dumps(changed), encoding="utf-8")
        run = nowhere.run(*words)
        assert run.status in (1, 2) or run.out == before, place
        refused += run.status != 0
    assert refused > 15
