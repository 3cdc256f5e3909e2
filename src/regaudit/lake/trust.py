"""Which logs of a lake are believed: those that are what their checkpoint says and what was seen before."""

from base64 import b64encode
from collections.abc import Mapping

from msgspec import Struct

from regaudit.audit.inputs import Inputs
from regaudit.base.progress import Progress
from regaudit.lake.added_log import AddedLog
from regaudit.lake.errors import BrokenLogError, LakeError
from regaudit.lake.layout import Head, Lake, Seen


class LogRow(Struct, frozen=True, kw_only=True):
    """A row of `lake_logs`.

    Attributes:
        log_id: the log's origin, or the name of a joint build.
        state: `ok`, or the code of what kept it out; `joint` of a joint build.
        told: what is wrong (Chinese); empty where nothing is.
        offices: those that it names.
        events: how many the lake has.
        checkpoint: the root over them, in Base64.
        added_at: when it was added to last.
        profile: by which it is judged.
        joint: the joint build that it is part of.
    """

    log_id: str
    state: str
    told: str = ""
    offices: list[str] = []
    events: int = 0
    checkpoint: str = ""
    added_at: str = ""
    profile: str = ""
    joint: str = ""


class Judged(Struct, frozen=True):
    """A log that is as its checkpoint says, with what it is judged by."""

    log: AddedLog
    inputs: Inputs
    notices: list[str]


def judge_logs(
    lake: Lake, seen: Mapping[str, Seen], progress: Progress
) -> tuple[list[Judged], dict[str, LogRow]]:
    """The logs of a lake that are believed, and of each other one what is wrong with it.

    Args:
        lake: the lake.
        seen: what the last check had seen of each log.
        progress: hears how far a log is read.
    """
    judged: list[Judged] = []
    rows: dict[str, LogRow] = {}
    for log_id in sorted({*lake.log_ids(), *seen}):
        head = None
        try:
            head = lake.head(log_id)
            judged.append(_judge(lake, log_id, head, seen.get(log_id), progress))
        except (BrokenLogError, LakeError) as error:
            state = error.state if isinstance(error, BrokenLogError) else "broken"
            rows[log_id] = log_row(log_id, head, state=state, told=str(error))
    return judged, rows


def log_row(log_id: str, head: Head | None, **facts: object) -> LogRow:
    """The row of a log, of which `head` is None where nothing counts."""
    if head is None:
        return LogRow(log_id=log_id, **facts)  # type: ignore[arg-type]
    root = b64encode(head.point().root).decode()
    return LogRow(
        log_id=log_id,
        events=head.size,
        checkpoint=root,
        added_at=head.added_at,
        **facts,  # type: ignore[arg-type]
    )


def _judge(lake: Lake, log_id: str, head: Head | None, seen: Seen | None, progress: Progress) -> Judged:
    """A log, once it is what its checkpoint says and what an earlier check had seen.

    Raises:
        BrokenLogError: it is not.
    """
    if head is None:
        why = "上次核对时还在,现在不在" if seen else "只有未送完的文件"
        raise BrokenLogError("missing", f"{why}:请在该工作区重新运行 regaudit lake add")
    if head.origin != log_id:
        raise BrokenLogError("replaced", f"清单说它是 {head.origin}:文件夹被换过")
    if seen and seen.key != head.key:
        raise BrokenLogError("replaced", "首个公钥与第一次核对时记下的不同:不是同一个日志")
    if seen and seen.size > head.size:
        raise BrokenLogError("shortened", f"上次核对时有 {seen.size} 条,现在只有 {head.size} 条")
    log = AddedLog(lake, log_id, head)
    log.verify(progress)
    if seen and b64encode(log.root(seen.size)).decode() != seen.root:
        raise BrokenLogError("replaced", f"前 {seen.size} 条与上次核对时的不同:历史被改写")
    settings = log.settings()
    notices = []
    if log.key() != head.key:
        notices.append(f"日志 {log_id} 更换过密钥,现用 {log.key()}(由原密钥引入)")
    if unknown := settings.unknown_rules():
        notices.append(f"日志 {log_id} 的规则 {'、'.join(unknown)} 本程序没有,未检查:请升级")
    return Judged(log, settings.inputs(), notices)


def seen_of(head: Head) -> Seen:
    """What a later check is to know of a log that is believed now."""
    return Seen(head.size, b64encode(head.point().root).decode(), head.key)
