"""Checkpoints that others kept, held against each other and the log."""

from pathlib import Path
from typing import Literal

from msgspec import Struct

from regaudit.eventlog.log import EventLog
from regaudit.eventlog.tree.merkle import is_consistent
from regaudit.eventlog.tree.notes import Checkpoint, Note, VerifierKey, parse_checkpoint, parse_note
from regaudit.eventlog.tree.outside import read_notes
from regaudit.proof.trust import Trusted, signer_of, trusted_keys

Verdict = Literal["extends", "same", "rewritten", "shortened", "foreign"]


class Witness(Struct, frozen=True):
    """A checkpoint with the note that it was read from."""

    file: str
    note: Note
    checkpoint: Checkpoint


class Comparison(Struct, frozen=True, kw_only=True):
    """How two checkpoints and the log stand to each other.

    `extends`: the log begins with the earlier and with the later one. `same`: both are one. `rewritten`: they
    or the log contradict each other. `shortened`: the log has fewer events than one of them. `foreign`: a
    signature is missing, or they are of different logs. `reason` (Chinese) says which; `proof` is the
    consistency proof of `extends`; `signers` are the keys that signed the earlier and the later one, None
    where no key that counts did.
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
