"""Checkpoints and keys that left the workspace earlier, and what each of them was held against."""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from msgspec import Struct

from regaudit.base.errors import UsageError, reason_of
from regaudit.base.folders import Folders
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.tree.notes import VerifierKey, parse_checkpoint, parse_note
from regaudit.eventlog.tree.outside import read_notes
from regaudit.proof.verify.chain import Chain, Signed
from regaudit.proof.verify.report import Damage, Held
from regaudit.proof.verify.scan import Scanned

_ADVICE = (
    "邮件被改动或放错的,从 outbox/ 移出,以收件人所存的为准;与另行保存的公钥(verify --key)也不符的,"
    "日志的密钥被换,请从备份恢复事件日志和 keys/"
)


class Witnessed(Struct, frozen=True):
    """A checkpoint that was given, with the key that signed it."""

    signed: Signed
    key: VerifierKey


def read_witnesses(log: EventLog, files: Sequence[Path], keys: Sequence[VerifierKey]) -> list[Witnessed]:
    """The checkpoints in files that somebody gives.

    Raises:
        UsageError: one cannot be read, is another log's, or none of the keys signed it.
    """
    return [_witness(note, str(path), log.origin, keys) for path in files for note in read_notes(path)]


def read_outbox(
    log: EventLog,
    keys: Sequence[VerifierKey],
    known: Mapping[str, str],
    *,
    notes: list[str],
    damages: list[Damage],
    unchecked: list[str],
) -> list[Signed]:
    """The checkpoints of the mails in `outbox/`: they say how far the log had come when each was written.

    One that is not of this log, or not signed by a key of it, is a damage. Of a mail in `known`, the
    contradictions that somebody has acknowledged, nothing is believed: it is a note (Chinese). `unchecked`
    gains what cannot be read (Chinese).
    """
    found: dict[tuple[int, bytes], Signed] = {}
    for path in _mails(Folders(log.home).outbox, unchecked):
        name = f"outbox/{path.name}"
        try:
            key = f"mail:{sha256(path.read_bytes()).hexdigest()}"
            texts = read_notes(path)
        except (UsageError, FileNotFoundError):  # of a night that could not read the log; or just sent
            continue
        except OSError as error:
            unchecked.append(_unread(name, error))
            continue
        if key in known:
            notes.append(f"{name} 与日志矛盾的缘由已有人说明,未作为见证({known[key]})")
            continue
        for text in texts:
            try:
                one = _witness(text, name, log.origin, keys).signed
            except UsageError as error:
                damages.append(Damage(kind="邮件", file=path.name, problem=str(error), advice=_ADVICE))
            else:
                found.setdefault((one.size, one.root), one)
    return list(found.values())


def _mails(outbox: Path, unchecked: list[str]) -> list[Path]:
    try:
        return sorted(path for path in outbox.iterdir() if path.suffix == ".eml" and path.name[0] != ".")
    except FileNotFoundError:
        return []
    except OSError as error:
        unchecked.append(_unread("outbox/", error))
        return []


def _unread(name: str, error: OSError) -> str:
    return f"{name} 不能读取({reason_of(error)}),未作为见证:请以有权读取的账号重新运行"


def held_keys(given: str, trusted: Sequence[VerifierKey], chain: Chain) -> Iterator[Held]:
    """What each key that was given was held against."""
    places = {key: (number, position) for number, (position, key) in enumerate(chain.keys, start=1)}
    for key in trusted:
        if key in places:
            number, position = places[key]
            since = "建立日志时" if position == 0 else f"第 {position} 条"
            against = f"与日志历来 {len(places)} 个公钥中的第 {number} 个(自{since}起)相同"
        else:
            against = f"不是日志历来 {len(places)} 个公钥中的任何一个"
        yield Held(given=f"--key {given}", what=key.text(), against=against, holds=key in places)


def held_checkpoints(
    witnesses: Sequence[Witnessed], chain: Chain, scanned: Scanned, size: int
) -> Iterator[Held]:
    """What each checkpoint that was given was held against."""
    numbers = {key: number for number, (_, key) in enumerate(chain.keys, start=1)}
    for one in witnesses:
        signed = one.signed
        root = scanned.roots.get(signed.size)
        if signed.size > size:
            against = f"日志只到第 {size} 条:不符"
        elif root is None:
            against = f"日志未能读到第 {signed.size} 条:未能核对"
        else:
            is_same = "相符" if root == signed.root else "不符"
            against = f"与按日志前 {signed.size} 条重算的树根{is_same}"
        by = f"日志的第 {numbers[one.key]} 个公钥" if one.key in numbers else "所给的公钥"
        yield Held(
            given=f"--checkpoint {signed.source}",
            what=f"前 {signed.size} 条,由{by} {one.key.text()} 签名",
            against=against,
            holds=root == signed.root,
        )


def _witness(note: str, source: str, origin: str, keys: Sequence[VerifierKey]) -> Witnessed:
    checkpoint = parse_checkpoint(note)
    if checkpoint.origin != origin:
        raise UsageError(f"{source} 的检查点属于 {checkpoint.origin},不是本日志({origin})的")
    signers = parse_note(note).signed_by(keys)
    if not signers:
        raise UsageError(f"{source} 的检查点不是由本日志的密钥签名的:文件被改动,或日志的密钥被换")
    return Witnessed(Signed(checkpoint.size, checkpoint.root, source), signers[0])
