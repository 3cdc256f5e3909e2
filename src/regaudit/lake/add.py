"""What a workspace adds to a lake: the events that it lacks, the checkpoint over them, the last settings."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from msgspec import Struct
from msgspec.structs import replace

from regaudit.audit.workspace import Workspace
from regaudit.base.folders import Folders
from regaudit.base.progress import Progress
from regaudit.eventlog.batches import LEAFED_SCHEMA
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.tree.notes import sign_note
from regaudit.lake.errors import BrokenLogError, LakeError
from regaudit.lake.kept_settings import last_settings, settings_file
from regaudit.lake.layout import HEAD, Head, Lake, Part
from regaudit.lake.travel import hidden_digest, travelling

_ELSE = "未作改动"
# Few enough for the memory of whoever reads a group at once.
_GROUP_ROWS = 200_000


class Added(Struct, frozen=True, kw_only=True):
    """What an addition did.

    Attributes:
        log_id: the log's origin.
        before: how many events the lake had.
        events: how many it has now.
        added: how many were written; more than came anew where files were lost.
        leaves: how many of those are a hash alone.
        mended: files that were missing or cut and were written again.
    """

    log_id: str
    before: int
    events: int
    added: int
    leaves: int
    mended: list[str]


def add_log(workspace: Workspace, lake: Lake, *, whole: bool = False) -> Added:
    """Add what the lake lacks of the log of a workspace, which is opened for a run.

    Args:
        workspace: the workspace.
        lake: the lake; it is made where there is none.
        whole: write all events anew, as one file.

    Raises:
        LakeError: the lake cannot be written, or has another log under this name, or more of this one.
    """
    log, log_id = workspace.log, workspace.log.origin
    size, checkpoint = log.last_checkpoint()
    head = _head_of(lake, log_id, log, whole=whole)
    known = [] if head is None or whole else head.parts
    kept = [part for part in known if lake.storage.size(_at(lake, log_id, part)) == part.bytes]
    lost = [part for part in known if part not in kept]
    lake.begin()
    leaves, written = 0, list[Part]()
    for first, last in _missing(kept, size):
        part, hidden = _write(lake, log, first, last, workspace.progress)
        written.append(part)
        leaves += hidden
    settings = last_settings(workspace.home, log).encode()
    settings_name = settings_file(settings)
    if lake.storage.size(lake.name(log_id, settings_name)) != len(settings):
        lake.storage.write(lake.name(log_id, settings_name), settings)
    new = Head(
        origin=log_id,
        hash=log.hashing.name,
        key=log.facts()["key"],
        checkpoint=checkpoint,
        settings=settings_name,
        added_at=workspace.now().isoformat(),
        parts=sorted([*kept, *written], key=lambda part: part.first),
    )
    lake.put_head(log_id, replace(new, note=sign_note(new.text(), [log.signer()])))
    _tidy(lake, log_id, new)
    return Added(
        log_id=log_id,
        before=head.size if head else 0,
        events=size,
        added=sum(part.last - part.first + 1 for part in written),
        leaves=leaves,
        mended=[part.name for part in lost],
    )


def _head_of(lake: Lake, log_id: str, log: EventLog, *, whole: bool) -> Head | None:
    """What the lake has of the log, once that is known to be its beginning."""
    try:
        head = lake.head(log_id)
    except BrokenLogError as error:
        raise LakeError(
            f"湖中日志 {log_id} 的 {error},{_ELSE}。请从备份恢复,或删除 "
            f"{lake.storage.path(lake.name(log_id, HEAD))} 后重新运行:将重新送去全部事件"
        ) from error
    if head is None:
        return None
    where = f"湖 {lake.storage.place} 中的日志 {log_id}"
    if head.key != log.facts()["key"] or head.hash != log.hashing.name:
        raise LakeError(f"{where} 是另一个日志(首个公钥不同),{_ELSE}:两个日志不得同名,请查明是谁送来的")
    if not whole and not head.is_signed_by(log.verifier_keys()):
        raise LakeError(
            f"{where} 的清单不是由本日志的密钥签的,{_ELSE}:有人改动过湖。查明后用 --whole 重新送去全部事件"
        )
    point = head.point()
    if point.size > log.position():
        raise LakeError(
            f"{where} 已有 {point.size} 条,而本日志只有 {log.position()} 条,{_ELSE}:"
            "本日志被截短或由旧备份恢复。请运行 regaudit verify 查明"
        )
    if log.root(point.size) != point.root:
        raise LakeError(
            f"{where} 与本日志的前 {point.size} 条不同,{_ELSE}:其中之一被改动或替换。"
            "请运行 regaudit verify 查明"
        )
    return head


def _missing(kept: list[Part], size: int) -> Iterator[tuple[int, int]]:
    """The spans of positions up to `size` that no part covers."""
    after = 0
    for part in sorted(kept, key=lambda part: part.first):
        if part.first > after + 1:
            yield after + 1, part.first - 1
        after = part.last
    if after < size:
        yield after + 1, size


def _write(lake: Lake, log: EventLog, first: int, last: int, progress: Progress) -> tuple[Part, int]:
    """Write the events from `first` to `last` as a part; also how many of them are a hash alone."""
    name, hidden = f"events-{first}-{last}.parquet", list[pa.Table]()
    with TemporaryDirectory(prefix="lake-", dir=Folders(log.home).work) as folder:
        draft = Path(folder) / name
        with pq.ParquetWriter(draft, LEAFED_SCHEMA, compression="zstd") as writer:
            for page in log.read_held(after=first - 1, upto=last):
                events = travelling(page)
                hidden.append(events.filter(pc.is_null(events.column("topic"))).select(["position", "topic"]))
                writer.write_table(events, row_group_size=_GROUP_ROWS)
                progress("送入湖", page.column("position")[-1].as_py() - first + 1, last - first + 1)
        part = Part(name, first, last, draft.stat().st_size, hidden_digest(hidden))
        with draft.open("rb") as content:
            lake.storage.fill(_at(lake, log.origin, part), partial(copyfileobj, content))
    return part, sum(map(len, hidden))


def _tidy(lake: Lake, log_id: str, head: Head) -> None:
    """Delete what does not count: parts and settings of before, and what a cut-off addition left."""
    count = {HEAD, head.settings, *(part.name for part in head.parts)}
    for name in lake.storage.names(lake.name(log_id, "").rstrip("/")):
        if name not in count:
            lake.storage.remove(lake.name(log_id, name))


def _at(lake: Lake, log_id: str, part: Part) -> str:
    return lake.name(log_id, part.name)
