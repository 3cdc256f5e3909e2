"""Checks a proof with nothing but the proof and a public key."""

from base64 import b64decode
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from regaudit.base.errors import RefusedFileError, reason_of
from regaudit.base.folded_text import fold
from regaudit.base.tomltext import in_chinese
from regaudit.eventlog.rotate_key import introduced
from regaudit.eventlog.tree.merkle import HASHES, Hasher, hasher, is_included, leaf_data
from regaudit.eventlog.tree.notes import (
    Checkpoint,
    VerifierKey,
    parse_checkpoint,
    parse_note,
    parse_verifier_key,
)
from regaudit.proof.proofs import FORMAT


class ProvenEvent(Struct, frozen=True):
    """An event as a proof carries it; `index` is its place in the tree, from 0."""

    position: int
    originator_id: str
    originator_version: int
    topic: str
    state: str
    index: int
    hashes: list[str]


class Key(Struct, frozen=True):
    """A verifier key of the log, and the note by which the key before it introduced it."""

    verifier_key: str
    introduction: str = ""


class Proof(Struct, frozen=True):
    """A proof as its file has it; rows are for reading and prove nothing by themselves."""

    format: str
    subject: str
    origin: str
    hash: str
    checkpoint: str
    keys: list[Key]
    events: list[ProvenEvent]
    rows: list[dict[str, Any]] = []
    rows_problem: str = ""


class Checked(Struct, frozen=True, kw_only=True):
    """What a proof shows: `problems` (Chinese) is empty where all holds; bad events stand in order."""

    subject: str
    checkpoint: Checkpoint | None
    signed_by: str
    events: list[ProvenEvent]
    problems: list[str]


def read_proof(path: Path) -> Proof:
    """The proof in a file.

    Raises:
        RefusedFileError: it cannot be read or is no proof.
    """
    try:
        proof = msgspec.json.decode(path.read_bytes(), type=Proof)
    except OSError as error:
        raise RefusedFileError(f"{path} 无法读取:{reason_of(error)}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RefusedFileError(f"{path} 不是 regaudit prove 写出的证明:{in_chinese(str(error))}") from error
    if proof.format != FORMAT:
        raise RefusedFileError(f"{path} 的格式是 {proof.format!r},本程序只认 {FORMAT}")
    return proof


def check(proof: Proof, trusted: list[VerifierKey]) -> Checked:
    """Hold every event against the checkpoint, and its signature against the keys that are trusted."""
    problems: list[str] = []
    checkpoint, signer = None, None
    try:
        checkpoint = parse_checkpoint(parse_note(proof.checkpoint).text)
        signer = _signer(proof, trusted)
    except ValueError as error:
        problems.append(f"证明中的检查点或密钥无法读取:{error}")
    if checkpoint is not None:
        problems += _about_checkpoint(proof, checkpoint, signer)
        if checkpoint.hash in HASHES:
            hashing = hasher(checkpoint.hash)
            problems += [
                f"位置 {event.position} 的事件({event.topic})不在检查点所说的日志中:内容或位置被改过"
                for event in proof.events
                if not _is_in(hashing, event, checkpoint)
            ]
    problems += _about_subject(proof)
    return Checked(
        subject=proof.subject,
        checkpoint=checkpoint,
        signed_by=signer.text() if signer else "",
        events=proof.events,
        problems=problems,
    )


def _about_subject(proof: Proof) -> list[str]:
    """Whether the events are those of the case that the proof says it is about."""
    if not proof.events:
        return ["证明中没有任何事件"]
    others = {event.originator_id for event in proof.events if event.originator_id.startswith("case:")}
    wanted = {fold(f"case:{proof.subject}")}
    if "/" in proof.subject and {fold(other) for other in others} != wanted:
        return [f"证明自称关于 {proof.subject},事件却属于 {'、'.join(sorted(others)) or '别的流'}"]
    return []


def _about_checkpoint(proof: Proof, checkpoint: Checkpoint, signer: VerifierKey | None) -> list[str]:
    problems = []
    if signer is None:
        problems.append("检查点没有所给公钥(或它所引出的公钥)的签名:证明不可信,或公钥属于别的日志")
    if (checkpoint.origin, checkpoint.hash) != (proof.origin, proof.hash):
        problems.append("证明所称的日志名或算法与检查点不符")
    if checkpoint.hash not in HASHES:
        problems.append(f"检查点所用的算法 {checkpoint.hash} 未知")
    return problems


def _signer(proof: Proof, trusted: list[VerifierKey]) -> VerifierKey | None:
    """The key that signed the checkpoint: a trusted one, or one that was introduced from there on."""
    note = parse_note(proof.checkpoint)
    keys = [(parse_verifier_key(key.verifier_key), key.introduction) for key in proof.keys]
    return next(iter(note.signed_by(introduced(trusted, keys))), None)


def _is_in(hashing: Hasher, event: ProvenEvent, checkpoint: Checkpoint) -> bool:
    data = leaf_data(
        event.position,
        event.originator_id.encode(),
        event.originator_version,
        event.topic.encode(),
        event.state.encode(),
    )
    try:
        hashes = [b64decode(text, validate=True) for text in event.hashes]
    except ValueError:
        return False
    return event.index == event.position - 1 and is_included(
        hashing, hashing.leaf(data), event.index, checkpoint.size, hashes, root=checkpoint.root
    )
