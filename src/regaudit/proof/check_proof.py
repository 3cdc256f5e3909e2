"""Checks a proof with nothing but the proof and a public key."""

from msgspec import Struct

from regaudit.eventlog.tree.introductions import introduced
from regaudit.eventlog.tree.merkle import HASHES, Hasher, hasher, is_included, leaf_data
from regaudit.eventlog.tree.notes import (
    Checkpoint,
    VerifierKey,
    parse_checkpoint,
    parse_note,
    parse_verifier_key,
)
from regaudit.proof.claims import about_claims, prefix_of, subject_streams
from regaudit.proof.event_lines import event_lines, plain
from regaudit.proof.proof_file import FORMAT, OLD_FORMAT, Proof, ProofKey, ProvenEvent, ReadProof, hashes_of

_KINDS = {"case:": "办件", "finding:": "问题", "entry:": "台账项"}


class Checked(Struct, frozen=True, kw_only=True):
    """What a proof shows: `problems` (Chinese) is empty where all holds, else nothing that it says counts.

    `proven` is the subject as the proven events have it, `lines` say who did what and when, `limits` what the
    proof does not show, or rests on nothing but the word of who has the key (all Chinese).
    """

    subject: str
    is_old: bool
    checkpoint: Checkpoint | None
    signed_by: str
    events: list[ProvenEvent]
    problems: list[str]
    proven: str = ""
    lines: list[str] = []
    limits: str = ""


def check(read: ReadProof, trusted: list[VerifierKey]) -> Checked:
    """Hold all that a proof says against the checkpoint, and the signatures against the trusted keys."""
    proof = read.proof
    problems: list[str] = []
    checkpoint: Checkpoint | None = None
    signers: list[VerifierKey] = []
    try:
        checkpoint = parse_checkpoint(parse_note(proof.checkpoint).text)
        signers = _signers(proof, trusted)
        if not read.is_old and not _is_stated(read, signers):
            problems.append("证明没有签发检查点的密钥对全文的签名:出具之后有改动")
    except ValueError as error:
        problems.append(f"证明中的检查点、密钥或签名无法读取:{error}")
    if read.is_old and proof.statement:
        problems.append(f"{OLD_FORMAT} 的证明没有对全文的签名,这一份却有:格式被改动")
    if checkpoint is not None:
        problems += _about_checkpoint(proof, checkpoint, signers)
        if checkpoint.hash in HASHES:
            hashing = hasher(checkpoint.hash)
            problems += [
                f"位置 {event.position} 的事件({event.topic})不在检查点所说的日志中:内容或位置被改过"
                for event in proof.events
                if not _is_in(hashing, event, checkpoint)
            ]
    problems += about_claims(read)
    result = Checked(
        subject=proof.subject,
        is_old=read.is_old,
        checkpoint=checkpoint,
        signed_by=signers[0].text() if signers else "",
        events=proof.events,
        problems=problems,
    )
    return result if problems else _shown(result, read)


def _shown(result: Checked, read: ReadProof) -> Checked:
    """With what people read, all of it from proven events."""
    kind = _KINDS[prefix_of(result.subject)]
    streams = subject_streams(result.subject, result.events)
    names = [plain(stream.partition(":")[2]) for stream in streams]
    versions = {stream: sum(e.originator_id == stream for e in result.events) for stream in streams}
    counted = "、".join(f"{plain(stream)} 第 1 至 {count} 版" for stream, count in versions.items())
    return Checked(
        subject=result.subject,
        is_old=result.is_old,
        checkpoint=result.checkpoint,
        signed_by=result.signed_by,
        events=result.events,
        problems=[],
        proven=f"{kind} {'、'.join(names)}" if names else "(事件中没有问题的立账)",
        lines=list(event_lines(result.events)),
        limits=_limits(read, counted),
    )


def _limits(read: ReadProof, counted: str) -> str:
    if read.is_old:
        is_case = prefix_of(read.proof.subject) == "case:"
        lacks = "" if is_case else ",不证明问题由哪次运行、凭什么查出"
        return (
            f"旧格式({OLD_FORMAT}),效力较弱:只证明以上各条在日志中、内容未改;不证明其后没有别的事件,"
            f"不证明附带的原始行{lacks}。请由日志的持有者用 regaudit prove 重新出具({FORMAT})"
        )
    rows = f"附带的 {len(read.proof.rows)} 行原始行" if read.proof.rows else "没有附带原始行"
    return (
        f"{counted},中间无缺;此后再无别的版本,以及{rows},由日志的密钥签名声明:与日志或存档不符的,"
        "签名者须对此负责。以上各条均取自已证明的事件,不取自原始行"
    )


def _about_checkpoint(proof: Proof, checkpoint: Checkpoint, signers: list[VerifierKey]) -> list[str]:
    problems = []
    if not signers:
        problems.append("检查点没有所给公钥(或它所引出的公钥)的签名:证明不可信,或公钥属于别的日志")
    if (checkpoint.origin, checkpoint.hash) != (proof.origin, proof.hash):
        problems.append("证明所称的日志名或算法与检查点不符")
    if checkpoint.hash not in HASHES:
        problems.append(f"检查点所用的算法 {checkpoint.hash} 未知")
    return problems


def accepted_keys(keys: list[ProofKey], trusted: list[VerifierKey]) -> list[VerifierKey]:
    """The keys that are trusted, and those of a file that were introduced from there on.

    Raises:
        ValueError: one of them is no key.
    """
    return introduced(trusted, [(parse_verifier_key(key.verifier_key), key.introduction) for key in keys])


def _signers(proof: Proof, trusted: list[VerifierKey]) -> list[VerifierKey]:
    """The keys that count and signed the checkpoint."""
    return parse_note(proof.checkpoint).signed_by(accepted_keys(proof.keys, trusted))


def _is_stated(read: ReadProof, signers: list[VerifierKey]) -> bool:
    note = parse_note(read.proof.statement)
    return note.text == read.stated and bool(note.signed_by(signers))


def _is_in(hashing: Hasher, event: ProvenEvent, checkpoint: Checkpoint) -> bool:
    data = leaf_data(
        event.position,
        event.originator_id.encode(),
        event.originator_version,
        event.topic.encode(),
        event.state.encode(),
    )
    hashes = hashes_of(event.hashes)
    return (
        hashes is not None
        and event.index == event.position - 1
        and is_included(
            hashing, hashing.leaf(data), event.index, checkpoint.size, hashes, root=checkpoint.root
        )
    )
