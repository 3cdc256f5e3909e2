"""The keys and the checkpoints of a log: who signed what, and whether any is missing."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from regaudit.base.errors import LogError, reason_of
from regaudit.base.folders import Folders
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.tree.covered import KEYS_STREAM
from regaudit.eventlog.tree.introductions import is_introduced
from regaudit.eventlog.tree.keys import PRIVATE, PUBLIC, has_private_key
from regaudit.eventlog.tree.notes import VerifierKey, parse_checkpoint, parse_note, parse_verifier_key
from regaudit.proof.verify.report import RESTORE_ADVICE, Damage

# Each of them ends a transaction of its own: there is a checkpoint right behind it.
_CLOSERS = ("runs", "mails", KEYS_STREAM)
_MISSING = "检查点缺失:检查点被删除,或这条记录是后加的"
_FIRST = "建立日志时(第 1 条记录之前)的检查点缺失:检查点被删除"


class Signed(Struct, frozen=True):
    """A checkpoint whose signature stands: the root that the log has to have at a size."""

    size: int
    root: bytes
    source: str
    """Empty for the log's own, else where it came from."""


class Chain(Struct, kw_only=True):
    """What a log's keys and checkpoints say."""

    keys: list[tuple[int, VerifierKey]]
    signed: list[Signed]
    damages: list[Damage]
    count: int
    end: int
    """The size that the last checkpoint states."""
    unchecked: list[str] = []
    """What could not be read (Chinese)."""


def read_chain(log: EventLog, trusted: Sequence[VerifierKey]) -> Chain:
    """Read the log's keys and checkpoints and verify all signatures.

    Args:
        log: the log.
        trusted: keys known from elsewhere; where there are any, one of them must be a key of the log's: it
            vouches for those before and after it, which are bound to it by their introductions.
    """
    chain = Chain(keys=[], signed=[], damages=[], count=0, end=0)
    try:
        chain.keys = log.key_history(is_covered=False)
    except LogError as error:
        chain.damages.append(
            Damage(kind="密钥", stream=KEYS_STREAM, problem=str(error), advice=RESTORE_ADVICE)
        )
        return chain
    chain.damages += _key_damages(log, chain, trusted)
    notes = log.checkpoints()
    chain.count = len(notes)
    chain.end = max((size for size, _ in notes), default=0)
    for size, text in notes:
        problem, root = _problem(log, chain.keys, size, text)
        if problem:
            chain.damages.append(_checkpoint(size, f"第 {size} 条处的{problem}"))
        else:
            chain.signed.append(Signed(size, root, ""))
    sizes = {size for size, _ in notes}
    closing = list(_closing(log))
    if not notes:
        problem = f"应有的 {len(closing)} 个检查点全部缺失:检查点被删除,没有签名证明任何一条记录"
        chain.damages.append(
            replace(_checkpoint(min(1, log.stored_position()), problem), upto=log.stored_position())
        )
        return chain
    chain.damages += [
        _checkpoint(size, _MISSING if size else _FIRST) for size in closing if size not in sizes
    ]
    return chain


def private_key_notes(home: Path) -> Iterator[str]:
    """A note where no private key is there: the log can be checked, not continued."""
    folder = Folders(home).keys
    if not has_private_key(home) and os.access(folder, os.X_OK):
        yield (
            f"没有签名私钥 {folder / PRIVATE}:核对不需要它,但下一晚将无法写入日志;"
            "请在此之前从备份恢复该文件(只用于核对的副本除外)"
        )


def key_in_force(keys: Sequence[tuple[int, VerifierKey]], size: int) -> VerifierKey:
    """The key that signs a checkpoint of a size."""
    return [key for position, key in keys if position <= size][-1]


def _problem(
    log: EventLog, keys: Sequence[tuple[int, VerifierKey]], size: int, text: str
) -> tuple[str, bytes]:
    """What is wrong with a checkpoint (Chinese), or nothing and the root that it states."""
    try:
        note, checkpoint = parse_note(text), parse_checkpoint(text)
    except ValueError:
        return "检查点不成格式", b""
    signers = [key_in_force(keys, size)]
    if any(position == size for position, _ in keys[1:]):
        signers.append(key_in_force(keys, size - 1))
    if len(note.signed_by(signers)) < len(signers):
        return "检查点的签名不成立:内容被改动,或不是由当时的密钥签名", b""
    if (checkpoint.origin, checkpoint.hash) != (log.origin, log.hashing.name) or checkpoint.size != size:
        return "检查点的名称、散列函数或条数与日志不符", b""
    return "", checkpoint.root


def _checkpoint(size: int, problem: str) -> Damage:
    return Damage(kind="检查点", position=size, problem=problem, advice=RESTORE_ADVICE)


def _closing(log: EventLog) -> Iterator[int]:
    """The positions that a checkpoint has to stand behind; the empty log's is one of them."""
    yield 0
    streams = [*_CLOSERS, *log.inspection.streams("missed:")]
    for table in log.stored_streams(streams):
        yield from table["position"].to_pylist()
    imports: list[dict[str, Any]] = [row for t in log.stored_streams(["imports"]) for row in t.to_pylist()]
    imports.sort(key=lambda row: row["position"])
    # A file that holds a step log and a roster makes two imports in one transaction.
    files = [_file_of(row["state"]) for row in imports]
    for row, file, following in zip(imports, files, [*files, ""][1:], strict=True):
        if not file or file != following:
            yield row["position"]


def _file_of(state: str) -> str:
    start = state.find('"file_sha256":"')
    return state[start : start + 79] if start >= 0 else ""


def _key_damages(log: EventLog, chain: Chain, trusted: Sequence[VerifierKey]) -> Iterator[Damage]:
    keys = chain.keys
    rows = {row["position"]: row for table in log.stored_streams([KEYS_STREAM]) for row in table.to_pylist()}
    for (position, key), (_, before) in zip(keys[1:], keys[:-1], strict=True):
        note = msgspec.json.decode(rows[position]["state"]).get("introduction", "")
        if not is_introduced(note, before, key):
            yield Damage(
                kind="密钥",
                position=position,
                stream=KEYS_STREAM,
                version=rows[position]["originator_version"],
                topic="key-introduced",
                problem="新公钥没有旧密钥的有效签名:更换密钥的记录被改动或是伪造的",
                advice=RESTORE_ADVICE,
            )
    known = [key for _, key in keys]
    path = Folders(log.home).keys / PUBLIC
    noted: list[VerifierKey] = []
    try:
        noted = [parse_verifier_key(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except (FileNotFoundError, ValueError):
        pass  # gone, or made something else: no keys of the log
    except OSError as error:
        chain.unchecked.append(
            f"公钥文件 {path} 不能读取({reason_of(error)}),未与日志中的密钥核对:请以有权读取的账号重新运行"
        )
        noted = known
    # What a change of keys that was cut off left is noted by the next command.
    if noted != known and (not noted or noted != known[:-1]):
        yield Damage(
            kind="密钥",
            problem=f"公钥文件 {path} 与日志中的密钥不符,或不能读取",
            advice="请与另行保存的公钥核对:文件被改动的,从备份恢复;日志的密钥被换的,日志不可信",
        )
    if trusted and not any(key in known for key in trusted):
        yield Damage(
            kind="密钥",
            problem=f"日志不是由所给的公钥签名的:日志的公钥是 {known[0].text()}",
            advice="日志被另一个密钥重新签名,或给错了公钥:请与另行保存的公钥核对",
        )
