"""Checkpoints that others kept, held against each other and the log."""

from base64 import b64encode
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from regaudit.base.errors import UsageError
from regaudit.eventlog.consistency import CONSISTENCY_FORMAT, prove_consistency
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.tree.merkle import HASHES, hasher, is_consistent
from regaudit.eventlog.tree.notes import Checkpoint, Note, VerifierKey, parse_checkpoint, parse_note
from regaudit.eventlog.tree.outside import read_notes, read_parts
from regaudit.proof.check_proof import accepted_keys
from regaudit.proof.proof_file import ProofKey, hashes_of, read_document
from regaudit.proof.trust import Trusted, signer_of, trusted_keys

Verdict = Literal["extends", "same", "rewritten", "shortened", "foreign", "unproven"]


class Witness(Struct, frozen=True):
    """A checkpoint with the note that it was read from."""

    file: str
    note: Note
    checkpoint: Checkpoint


class Joined(Struct, frozen=True, forbid_unknown_fields=True):
    """A consistency proof as its document has it, from the note `old` to the note `new`."""

    format: str
    old: str
    new: str
    keys: list[ProofKey]
    hashes: list[str]


class Comparison(Struct, frozen=True, kw_only=True):
    """How two checkpoints and the log stand to each other.

    `extends`: the log begins with the earlier and with the later one. `same`: both are one. `rewritten`: they
    or the log contradict each other. `shortened`: the log has fewer events than one of them. `foreign`: a
    signature is missing, or they are of different logs. `unproven`: without the log, and the enclosed proof
    does not join them. `reason` (Chinese) says which; `proof` is the consistency proof of `extends`;
    `signers` are the keys that signed the earlier and the later one, None where no key that counts did.
    """

    verdict: Verdict
    reason: str
    earlier: Witness
    later: Witness
    signers: tuple[Trusted | None, Trusted | None]
    proof: list[bytes]

    @property
    def is_proven(self) -> bool:
        """Whether nothing between the two was changed."""
        return self.verdict in ("extends", "same")


def read_witness(path: Path) -> Witness:
    """The checkpoint in a mail or in a file that holds the note alone.

    Raises:
        UsageError: it cannot be read, or there is no checkpoint in it.
    """
    note = parse_note(read_notes(path)[0])
    return Witness(path.name, note, parse_checkpoint(note.text))


def compare(log: EventLog, first: Witness, second: Witness, given: list[VerifierKey]) -> Comparison:
    """Hold two checkpoints against each other and against the log, whichever of them is the later.

    Args:
        log: the log.
        first: one of them.
        second: the other.
        given: keys known from elsewhere, which stand for their successors and predecessors, too; without
            any, the log's own count.

    Raises:
        LogError: the log cannot be read or is damaged.
    """
    earlier, later = sorted((first, second), key=lambda witness: witness.checkpoint.size)
    old, new = earlier.checkpoint, later.checkpoint
    proof: list[bytes] = []
    trusted = trusted_keys(log, given)
    signers = (_signer(earlier, trusted), _signer(later, trusted))
    verdict, reason = _contradiction(log, earlier, later, signers)
    if verdict == "foreign" and given:
        reason += ";所给的 --key 只代表它自己、它引入的后任和它证实的前任"
    if not reason:
        proof = log.consistency_proof(old.size, new.size)
        roots = {"old_root": old.root, "new_root": new.root}
        if not is_consistent(log.hashing, old.size, new.size, proof, **roots):
            verdict, reason = "rewritten", "日志给出的一致性证明不成立:日志本身已损坏"
        elif old.size == new.size:
            verdict, reason = "same", f"两份检查点相同,均为前 {old.size} 条"
        else:
            verdict, reason = "extends", f"前 {old.size} 条原样保留,其后增加 {new.size - old.size} 条"
    return Comparison(
        verdict=verdict, reason=reason, earlier=earlier, later=later, signers=signers, proof=proof
    )


def join_witnesses(log: EventLog, first: Witness, second: Witness | None) -> dict[str, Any]:
    """The consistency proof from one checkpoint to another, or to the log's last.

    Raises:
        UsageError: one of them is none of this log's, or the second is the earlier one.
        LogError: the log is damaged.
    """
    try:
        return prove_consistency(log, _text(first), _text(second) if second else "")
    except ValueError as error:
        files = f"{first.file} 和 {second.file}" if second else first.file
        raise UsageError(
            f"不能为 {files} 出具一致性证明:不是本日志的检查点,次序颠倒,或历史已被改写。"
            "请用 regaudit compare-checkpoints 查明"
        ) from error


def read_joined(path: Path) -> Joined:
    """The consistency proof in a file, or enclosed with a mail.

    Raises:
        UsageError: it cannot be read, or there is none in it.
    """
    for content in read_parts(path):
        try:
            joined = msgspec.convert(read_document(content), Joined)
        except (ValueError, msgspec.ValidationError, RecursionError):
            continue
        if joined.format == CONSISTENCY_FORMAT:
            return joined
    raise UsageError(f"{path} 中没有一致性证明:应为 regaudit prove --consistency 写出的文件,或附有它的邮件")


def compare_alone(joined: Joined, first: Witness, second: Witness, given: list[VerifierKey]) -> Comparison:
    """Hold two checkpoints against each other by the proof that joins them, without any log.

    The later one has to be signed by a given key or one that it introduced. Of the earlier one that is not
    needed: what is signed begins with it.
    """
    earlier, later = sorted((first, second), key=lambda witness: witness.checkpoint.size)
    trusted = [Trusted(key, "所给的公钥") for key in given]
    with suppress(ValueError):
        after = accepted_keys(joined.keys, given)
        trusted += [Trusted(key, "由所给的公钥引入的后任") for key in after if key not in given]
    signers = (_signer(earlier, trusted), _signer(later, trusted))
    verdict, reason = _judged_alone(joined, earlier, later, signers)
    return Comparison(
        verdict=verdict,
        reason=reason,
        earlier=earlier,
        later=later,
        signers=signers,
        proof=hashes_of(joined.hashes) or [],
    )


def _judged_alone(
    joined: Joined, earlier: Witness, later: Witness, signers: tuple[Trusted | None, Trusted | None]
) -> tuple[Verdict, str]:
    old, new = earlier.checkpoint, later.checkpoint
    unsigned = [one for one, by in zip((earlier, later), signers, strict=True) if by is None]
    if (old.origin, old.hash) != (new.origin, new.hash):
        return "foreign", f"两份检查点不是同一日志的:{old.origin},{new.origin}"
    if later in unsigned or (unsigned and old.size == new.size and old != new):
        return "foreign", f"{unsigned[-1].file} 的检查点没有所给公钥(或它所引入的后任)的签名"
    if old == new:
        return "same", f"两份检查点相同,均为前 {old.size} 条"
    if old.size == new.size:
        return "rewritten", f"两份检查点同为前 {old.size} 条,内容却不同:历史被改写"
    if problem := _about_joined(joined, old, new):
        return "unproven", problem
    words = f"前 {old.size} 条原样保留,其后增加 {new.size - old.size} 条"
    if unsigned:
        words += ";较早一份不是由所给公钥签名的,但其内容就是较晚一份所签日志的开头"
    return "extends", words


def _about_joined(joined: Joined, old: Checkpoint, new: Checkpoint) -> str:
    """Why a consistency proof does not join two checkpoints (Chinese); nothing where it does."""
    try:
        ends = parse_checkpoint(joined.old), parse_checkpoint(joined.new)
    except ValueError:
        return "一致性证明中的检查点不能读取"
    if ends != (old, new):
        sizes = f"前 {ends[0].size} 条与前 {ends[1].size} 条"
        return f"所附的一致性证明是关于{sizes}的,与这两份检查点不是一对:请向日志的持有者索取"
    hashes, roots = hashes_of(joined.hashes), {"old_root": old.root, "new_root": new.root}
    if hashes is None or new.hash not in HASHES:
        return "一致性证明中的散列不能读取"
    if not is_consistent(hasher(new.hash), old.size, new.size, hashes, **roots):
        return "一致性证明不成立:证明被改动,或较晚的日志并非以较早的开头"
    return ""


def _text(witness: Witness) -> str:
    """A note as it was read."""
    lines = (
        f"\u2014 {name} {b64encode(key_id + signature).decode()}\n"
        for name, key_id, signature in witness.note.signatures
    )
    return f"{witness.note.text}\n{''.join(lines)}"


def _signer(witness: Witness, trusted: list[Trusted]) -> Trusted | None:
    return signer_of(witness.note, witness.checkpoint.size, trusted)


def _contradiction(
    log: EventLog, earlier: Witness, later: Witness, signers: tuple[Trusted | None, Trusted | None]
) -> tuple[Verdict, str]:
    old, new = earlier.checkpoint, later.checkpoint
    for witness, signer in zip((earlier, later), signers, strict=True):
        point = witness.checkpoint
        if (point.origin, point.hash) != (log.origin, log.hashing.name):
            return "foreign", f"{witness.file} 是另一日志({point.origin})的检查点,本日志为 {log.origin}"
        if signer is None:
            return "foreign", f"{witness.file} 的检查点没有本日志密钥的签名:邮件被伪造,或日志与密钥被一并替换"
    if old.size == new.size and old.root != new.root:
        return "rewritten", f"两份检查点同为前 {old.size} 条,内容却不同:历史被改写"
    for witness in (earlier, later):
        point = witness.checkpoint
        if log.position() < point.size:
            return (
                "shortened",
                f"日志只有 {log.position()} 条,{witness.file} 发出时已有 {point.size} 条:日志被截短或替换",
            )
        if log.root(point.size) != point.root:
            return "rewritten", f"日志的前 {point.size} 条与 {witness.file} 发出时不同:历史被改写"
    return "same", ""
