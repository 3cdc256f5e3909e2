"""Signed notes, checkpoints and keys: made as C2SP writes them down, and nothing else is taken for one."""

import stat
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from regaudit.base.errors import KeyFileError, UsageError
from regaudit.catalogue.event_types import FindingGone, KeyIntroduced
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.make import make_log
from regaudit.eventlog.rotate_key import rotate
from regaudit.eventlog.tree.introductions import is_introduced
from regaudit.eventlog.tree.keys import NEXT, make_key
from regaudit.eventlog.tree.notes import (
    Checkpoint,
    Signer,
    VerifierKey,
    parse_checkpoint,
    parse_note,
    parse_verifier_key,
    sign_note,
)

SIGNER = Signer("centre.example", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
OTHER = Signer("centre.example", Ed25519PrivateKey.from_private_bytes(bytes(32)))


def test_a_verifier_key_is_name_id_and_key() -> None:
    public = SIGNER.private.public_key().public_bytes_raw()
    key_id = sha256(b"centre.example\n\x01" + public).digest()[:4]
    line = f"centre.example+{key_id.hex()}+{b64encode(bytes([1]) + public).decode()}"
    assert SIGNER.verifier.text() == line
    assert parse_verifier_key(line + "\n") == SIGNER.verifier


def test_a_known_verifier_key_and_its_signature() -> None:
    """The example of C2SP signed-note."""
    key = parse_verifier_key("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    note = (
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n"
        "\n"
        "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZ"
        "SNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )
    assert parse_note(note).signed_by([key]) == [key]
    assert parse_note(note.replace("answer", "Answer")).signed_by([key]) == []


def test_a_note_is_verified_by_its_own_key_only() -> None:
    note = parse_note(sign_note("one\n\ntwo\n", [SIGNER, OTHER]))
    assert note.text == "one\n\ntwo\n"
    stranger = VerifierKey("stranger.example", SIGNER.verifier.public)
    assert note.signed_by([OTHER.verifier, SIGNER.verifier, stranger]) == [OTHER.verifier, SIGNER.verifier]
    assert parse_note(sign_note("one\n", [SIGNER])).signed_by([OTHER.verifier]) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "text\n",
        "text\n\n",
        "text\n\n\u2014 name\n",
        "text\n\n\u2014 name AAAA\n",
        "text\n\n- name AAAAAAAA\n",
        "text\n\n\u2014 name AAAAAAAA",
        "text\n\n\u2014 name AAAAAAB=\n",
    ],
)
def test_what_is_no_note_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"sign|Base64"):
        parse_note(text)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "name",
        "name+00000000+AAAA",
        SIGNER.verifier.text().replace("centre", "center"),
        SIGNER.verifier.text().replace("+", "+0", 1),
        SIGNER.verifier.text()[:-1],
        "a b" + SIGNER.verifier.text()[14:],
    ],
)
def test_what_is_no_verifier_key_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"key|Base64|padding"):
        parse_verifier_key(line)


def test_a_checkpoint_is_origin_size_and_root() -> None:
    checkpoint = Checkpoint("centre.example", 20852163, bytes(32))
    assert checkpoint.text() == f"centre.example\n20852163\n{b64encode(bytes(32)).decode()}\n"
    assert parse_checkpoint(sign_note(checkpoint.text(), [SIGNER])) == checkpoint
    with_sm3 = Checkpoint("centre.example", 0, bytes(range(32)), "sm3")
    assert with_sm3.text().endswith("\nhash sm3\n")
    assert parse_checkpoint(with_sm3.text()) == with_sm3
    assert with_sm3.fingerprint() == "0001 0203 0405 0607"


@pytest.mark.parametrize("size", ["-1", "01", "1.0", "", "x", "9223372036854775808"])
def test_what_is_no_checkpoint_is_refused(size: str) -> None:
    with pytest.raises(ValueError, match="checkpoint"):
        parse_checkpoint(f"centre.example\n{size}\n{b64encode(bytes(32)).decode()}\n")
    with pytest.raises(ValueError, match="checkpoint"):
        parse_checkpoint(f"centre.example\n1\n{b64encode(bytes(31)).decode()}\n")


def test_the_private_key_is_for_its_owner_only_and_the_public_one_says_whose_it_is(tmp_path: Path) -> None:
    make_log(tmp_path)
    private, public = tmp_path / "keys" / "log.key", tmp_path / "keys" / "log.pub"
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    key = parse_verifier_key(public.read_text())
    assert key.name == f"regaudit-{key.public[:4].hex()}"
    with EventLog(tmp_path) as log:
        assert log.verifier_keys() == [key]
        assert log.origin == key.name


def test_an_origin_that_is_no_key_name_is_refused(tmp_path: Path) -> None:
    for origin in ("a b", "a+b", "a\nb"):
        with pytest.raises(UsageError, match="--origin"):
            make_log(tmp_path, origin=origin)
    assert list(tmp_path.iterdir()) == []


def test_a_log_whose_making_was_cut_off_is_finished_with_its_key(tmp_path: Path) -> None:
    make_key(tmp_path, "log.key")
    content = (tmp_path / "keys" / "log.key").read_bytes()
    for _ in range(2):
        make_log(tmp_path)
        assert (tmp_path / "keys" / "log.key").read_bytes() == content
    with EventLog(tmp_path) as log:
        assert log.signer().verifier == log.verifier_keys()[0]
        assert [size for size, _ in log.checkpoints()] == [0]


def other_key(home: Path) -> None:
    make_key(home, "log.key")


def no_ed25519(home: Path) -> None:
    pem = X25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (home / "keys" / "log.key").write_bytes(pem)


def halved(home: Path) -> None:
    path = home / "keys" / "log.key"
    path.write_bytes(path.read_bytes()[:60])


def gone(home: Path) -> None:
    (home / "keys" / "log.key").unlink()


@pytest.mark.parametrize(
    ("damage", "says"),
    [(gone, "不存在"), (halved, "已损坏"), (no_ed25519, "不是 Ed25519"), (other_key, "不是本日志的")],
)
def test_without_its_key_a_log_is_read_and_not_written(tmp_path: Path, damage: object, says: str) -> None:
    make_log(tmp_path)
    with EventLog(tmp_path) as log:
        log.append(FindingGone, "a", as_of="2026-03-31", run_no=1)
    assert callable(damage)
    damage(tmp_path)
    with EventLog(tmp_path) as log:
        with pytest.raises(KeyFileError, match=says):
            log.check_writable()
        with pytest.raises(KeyFileError, match=says):
            log.append(FindingGone, "a", as_of="2026-03-31", run_no=1)
        assert log.position() == 1


def test_a_changed_key_is_introduced_by_the_old_one_which_is_gone(tmp_path: Path) -> None:
    make_log(tmp_path)
    old_pem = (tmp_path / "keys" / "log.key").read_bytes()
    with EventLog(tmp_path) as log:
        log.append(FindingGone, "a", as_of="2026-03-31", run_no=1)
        new = rotate(log, "2026-06-30T10:00:00")
        log.append(FindingGone, "a", as_of="2026-03-31", run_no=2)
    with EventLog(tmp_path) as log:
        newest = rotate(log, "2026-09-30T10:00:00")
        old, *later = log.verifier_keys()
        assert later == [new, newest]
        assert [position for position, _ in log.key_history()] == [0, 2, 4]
        notes = [event.introduction for event in log.events("keys", KeyIntroduced)]
        assert is_introduced(notes[0], old, new)
        assert is_introduced(notes[1], new, newest)
        assert not is_introduced(notes[1], old, newest)
        assert not is_introduced(notes[0], old, newest)
        assert not is_introduced("", old, new)
        signed = [parse_note(note).signed_by(log.verifier_keys()) for _, note in log.checkpoints()]
        assert signed == [[old], [old], [old, new], [new], [new, newest]]
    assert (tmp_path / "keys" / "log.pub").read_text() == "".join(f"{k.text()}\n" for k in (old, new, newest))
    assert not (tmp_path / "keys" / NEXT).exists()
    assert all(old_pem != path.read_bytes() for path in (tmp_path / "keys").iterdir())
