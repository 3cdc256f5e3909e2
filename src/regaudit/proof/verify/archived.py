"""The archive, held against what the log says is in it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from regaudit.base.archive import check_archived
from regaudit.base.archive_id import ID_FILE, known_archive_id
from regaudit.base.errors import MissingCopyError, RefusedFileError, UnreadableFileError
from regaudit.base.folders import Folders
from regaudit.base.progress import Progress
from regaudit.base.settings import load_store
from regaudit.catalogue.event_types import (
    EntryDocumented,
    EntryStepped,
    ImportRecorded,
    InspectionDrawn,
    InspectionFrozen,
    ReportMade,
    RunCompleted,
)
from regaudit.proof.verify.report import Damage

Referrer = (
    ImportRecorded
    | RunCompleted
    | EntryStepped
    | EntryDocumented
    | InspectionFrozen
    | InspectionDrawn
    | ReportMade
)
"""The events that name copies in the archive."""


class Recorded(Struct, frozen=True):
    """An import, a run, a step or a document of the ledger, an inspection's list, or a report."""

    position: int
    event: Referrer


class Elsewhere:
    """What the archives of other workspaces hold that append to the same log on a server.

    Which archive is this workspace's own says the id in it.
    """

    def __init__(self, home: Path) -> None:
        self._own = known_archive_id(home)
        self._is_shared = bool(load_store(home).url)
        self._copies: dict[str, set[str]] = {}
        self._recorded: dict[str, set[str]] = {}

    def has(self, event: Referrer) -> bool:
        """Whether the copies of an event are in another archive."""
        return self._is_shared and event.archive not in ("", self._own)

    def add(self, event: Referrer, name: str) -> None:
        """Note a copy of an event that is not here, nor has to be."""
        self._copies.setdefault(event.archive, set()).add(name)
        record = f"{event.originator_id} {event.originator_version}"
        self._recorded.setdefault(event.archive, set()).add(record)

    def tell(self, folder: Path, *, notes: list[str], unchecked: list[str]) -> None:
        """What was not looked at, and where that is done (Chinese)."""
        if self._copies and not self._own and any(folder.glob("*.zst")):
            unchecked.append(
                f"存档 {folder} 有副本而没有标识({ID_FILE}),不知哪些副本应在这里:请从备份恢复该文件;"
                "存档确是从别处复制来的,请先运行一次 regaudit check"
            )
            return
        for archive, names in sorted(self._copies.items()):
            notes.append(
                f"{len(self._recorded[archive])} 次导入、运行或台账办理由另一工作区(存档 {archive})记入,"
                f"其 {len(names)} 份副本在那里核对:请在那里也运行 regaudit verify"
            )


def check_archive(
    home: Path, recorded: Sequence[Recorded], progress: Progress, *, notes: list[str], unchecked: list[str]
) -> tuple[int, list[Damage]]:
    """Hash every archived file, mapping, profile, calendar, attachment and document that the log names.

    Args:
        home: the workspace.
        recorded: imports, runs, and what the ledger has of steps and documents.
        progress: hears how many of them were looked at.
        notes: gains what is another workspace's to check (Chinese).
        unchecked: gains what is there and cannot be read (Chinese).

    Returns:
        How many copies were hashed, and the damages.
    """
    folder, elsewhere = Folders(home).archive, Elsewhere(home)
    seen: dict[str, RefusedFileError | None] = {}
    concerned: dict[str, list[Recorded]] = {}
    for done, one in enumerate(recorded, start=1):
        for name, error in _problems(folder, one.event, seen):
            if isinstance(error, MissingCopyError) and elsewhere.has(one.event):
                elsewhere.add(one.event, name)
            elif not isinstance(error, UnreadableFileError):
                concerned.setdefault(str(error), []).append(one)
        progress("核对存档", done, len(recorded))
    unchecked += [str(error) for error in seen.values() if isinstance(error, UnreadableFileError)]
    elsewhere.tell(folder, notes=notes, unchecked=unchecked)
    hashed = sum(not isinstance(error, MissingCopyError | UnreadableFileError) for error in seen.values())
    return hashed, [_damage(problem, events) for problem, events in concerned.items()]


_ADVICE: dict[type[Referrer], str] = {
    EntryStepped: "日志不受影响;请从备份恢复该文件,或由提交人再交一份,核对其 SHA-256",
    InspectionFrozen: "日志不受影响;没有总体的清单不能重算抽取,请从备份恢复该文件",
    InspectionDrawn: "日志不受影响;请从备份恢复该文件,或由留存抽取文件的人交回",
    EntryDocumented: "日志不受影响;请从备份恢复该文件,或用 regaudit ledger document 按日志重新制作",
    ReportMade: "日志不受影响;请从备份恢复该文件,或再运行一次 regaudit report,按当时的日志重新制作",
}
_LISTS: dict[type[Referrer], str] = {InspectionFrozen: "总体清单", InspectionDrawn: "抽取文件"}


def _damage(problem: str, events: Sequence[Recorded]) -> Damage:
    """One damage a copy; the record is the first of those that name it."""
    position, event = events[0].position, events[0].event
    is_import = isinstance(event, ImportRecorded)
    if isinstance(event, EntryStepped | EntryDocumented):
        problem = f"{_entry_copy(event, problem)}:{problem}"
    elif isinstance(event, InspectionFrozen | InspectionDrawn):
        problem = f"抽查 {event.originator_id.partition(':')[2]} 的{_LISTS[type(event)]}:{problem}"
    elif isinstance(event, ReportMade):
        problem = f"{_report_title(event)}:{problem}"
    if len(events) > 1:
        problem += f"(共 {len(events)} 处引用:{';'.join(_naming(events))})"
    return Damage(
        kind="归档",
        position=position,
        stream=event.originator_id,
        version=event.originator_version,
        topic=event.TOPIC,
        import_no=event.originator_version if is_import else 0,
        file=event.file_name if isinstance(event, ImportRecorded) else "",
        problem=problem,
        advice=_ADVICE.get(type(event), "日志不受影响;请从备份恢复该文件,或由平台重新导出并核对其 SHA-256"),
    )


def _naming(events: Sequence[Recorded]) -> Iterator[str]:
    """Which imports and which runs (Chinese)."""
    for title, kind in (("导入", ImportRecorded), ("运行", RunCompleted)):
        named = (one.event for one in events)
        if numbers := sorted({event.originator_version for event in named if isinstance(event, kind)}):
            yield f"第 {'、'.join(_ranges(numbers))} 次{title}"
    for event in (one.event for one in events):
        if isinstance(event, InspectionFrozen | InspectionDrawn):
            yield f"抽查 {event.originator_id.partition(':')[2]} 第 {event.originator_version} 版"
        elif isinstance(event, EntryStepped | EntryDocumented):
            yield f"台账 {event.originator_id.partition(':')[2]} 第 {event.originator_version} 版"
        elif isinstance(event, ReportMade):
            yield _report_title(event)


def _report_title(event: ReportMade) -> str:
    return f"{event.period} {event.office} 的{'零报告' if event.kind == 'zero' else '报告'}"


def _entry_copy(event: EntryStepped | EntryDocumented, problem: str) -> str:
    """What of an entry is missing or altered (Chinese)."""
    number = event.originator_id.partition(":")[2]
    if isinstance(event, EntryDocumented):
        return f"台账 {number} 的文书 {event.document_no}"
    name = next((one.name for one in event.attachments if one.sha256 in problem), "")
    return f"台账 {number} 的附件 {name}"


def _ranges(numbers: Sequence[int]) -> Iterator[str]:
    """Rising numbers, those in a row as first–last."""
    first = last = numbers[0]
    for number in [*numbers[1:], 0]:
        if number == last + 1:
            last = number
            continue
        yield f"{first}" if first == last else f"{first}–{last}"
        first = last = number


def _problems(
    folder: Path, event: Referrer, seen: dict[str, RefusedFileError | None]
) -> Iterator[tuple[str, RefusedFileError]]:
    wanted = [name for name in _copies(event) if name]
    while wanted:
        name = wanted.pop()
        if name not in seen:
            seen[name] = None
            try:
                wanted += [member.sha256 for member in check_archived(folder, name)]
            except RefusedFileError as error:
                seen[name] = error
        if (found := seen[name]) is not None:
            yield name, found


def _copies(event: Referrer) -> tuple[str, ...]:
    """What the archive has of an event, by name; of runs of earlier versions nothing was kept."""
    names: tuple[str, ...]
    match event:
        case ImportRecorded():
            names = (event.file_sha256, event.mapping_sha256)
        case EntryStepped():
            names = tuple(one.sha256 for one in event.attachments)
        case EntryDocumented():
            names = (event.sha256,)
        case InspectionFrozen():
            names = (event.population_sha256,)
        case InspectionDrawn():
            names = (event.draw_sha256,)
        case ReportMade():
            names = tuple(event.files.values())
        case RunCompleted():
            kept = (event.profile_sha256, event.local_sha256, event.calendar_sha256)
            names = kept if event.calendar_sha256 else ()
    return names
