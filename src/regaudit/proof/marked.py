"""What this workspace noted of its log outside the store, held against the log: see `eventlog.high_water`."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from regaudit.base.errors import LogError
from regaudit.base.folders import MARK_FILE
from regaudit.catalogue.event_types import MismatchAcknowledged
from regaudit.eventlog.high_water import KEY, key_of
from regaudit.eventlog.log import ACKNOWLEDGEMENTS, EventLog
from regaudit.eventlog.tree.notes import VerifierKey, parse_checkpoint, parse_note
from regaudit.proof.verify.chain import Signed
from regaudit.proof.verify.report import Damage
from regaudit.warehouse.sealed import Contradiction

_ADVICE = (
    f"请保留现场。{MARK_FILE} 被改动而日志无误的,或确系恢复备份、切换到备用服务器的,"
    "用 regaudit verify --acknowledge 缘由 --by 登录名 记下缘由;store.url 改过的,核对它指向哪个日志"
)


def mark_contradiction(log: EventLog) -> Iterator[Contradiction]:
    """How the log contradicts what this workspace has noted of it, if it does.

    Raises:
        LogError: the log cannot be read.
    """
    if (note := log.mark.read()) is None:
        return
    try:
        fault = log.mark.fault(note, log.origin, log.verifier_keys(), log.position(), log.root)
    except LogError as error:
        fault = f"{MARK_FILE} 未能与事件日志核对:{error}"
    if fault:
        yield Contradiction(key_of(note), fault)


def mark_witness(
    log: EventLog,
    keys: Sequence[VerifierKey],
    known: Mapping[str, str],
    *,
    notes: list[str],
    damages: list[Damage],
) -> list[Signed]:
    """What is noted, as a witness of how far the log had come.

    One that no key of the log has signed is a damage; none, or one in `known`, the contradictions that
    somebody has acknowledged, is a note (Chinese).
    """
    try:
        text = log.mark.read()
    except LogError as error:
        notes.append(f"{error}:未与它核对")
        return []
    if text is None:
        if log.stored_position():
            notes.append(f"没有 {MARK_FILE}(下次写入时建立):本工作区写到何处,只有其他见证可证")
        return []
    if key_of(text) in known:
        return []
    try:
        point, is_signed = parse_checkpoint(text), bool(parse_note(text).signed_by(keys))
    except ValueError:
        is_signed = False
    if is_signed and point.origin == log.origin:
        return [Signed(point.size, point.root, MARK_FILE)]
    problem = f"{MARK_FILE} 不是由本日志的密钥签名的检查点:文件被改动,或日志被另一个替换"
    damages.append(Damage(kind="检查点", problem=problem, advice=_ADVICE))
    return []


def told_marks(log: EventLog, known: Mapping[str, str], since: date = date.min) -> Iterator[str]:
    """What was noted that the log contradicts for a reason that somebody has given since a day (Chinese)."""
    for event in log.events(ACKNOWLEDGEMENTS, MismatchAcknowledged):
        if date.fromisoformat(event.acknowledged_at[:10]) >= since:
            for key, text in zip(event.keys, event.texts, strict=True):
                if key.startswith(f"{KEY}:"):
                    yield f"{text}({known[key]})"
