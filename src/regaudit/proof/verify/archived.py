"""The archive, held against what the log says is in it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from regaudit.base.archive import check_archived
from regaudit.base.errors import RefusedFileError, UnreadableFileError
from regaudit.base.folders import Folders
from regaudit.base.progress import Progress
from regaudit.catalogue.event_types import ImportRecorded, RunCompleted
from regaudit.proof.verify.report import Damage


class Recorded(Struct, frozen=True):
    """An import or a run as the log has it."""

    position: int
    event: ImportRecorded | RunCompleted


def check_archive(
    home: Path, recorded: Sequence[Recorded], progress: Progress, *, unchecked: list[str]
) -> tuple[int, list[Damage]]:
    """Hash every archived file, mapping, profile and calendar that an import or a run names.

    Args:
        home: the workspace.
        recorded: imports and runs.
        progress: hears how many of them were looked at.
        unchecked: gains what is there and cannot be read (Chinese).

    Returns:
        How many copies were hashed, and the damages.
    """
    seen: dict[str, str] = {}
    concerned: dict[str, list[Recorded]] = {}
    for done, one in enumerate(recorded, start=1):
        for problem in _problems(Folders(home).archive, one.event, seen, unchecked):
            concerned.setdefault(problem, []).append(one)
        progress("核对存档", done, len(recorded))
    return len(seen), [_damage(problem, events) for problem, events in concerned.items()]


def _damage(problem: str, events: Sequence[Recorded]) -> Damage:
    """One damage a copy; the record is the first of those that name it."""
    position, event = events[0].position, events[0].event
    is_import = isinstance(event, ImportRecorded)
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
        advice="日志不受影响;请从备份恢复该文件,或由平台重新导出并核对其 SHA-256",
    )


def _naming(events: Sequence[Recorded]) -> Iterator[str]:
    """Which imports and which runs (Chinese)."""
    for title, kind in (("导入", ImportRecorded), ("运行", RunCompleted)):
        named = (one.event for one in events)
        if numbers := sorted({event.originator_version for event in named if isinstance(event, kind)}):
            yield f"第 {'、'.join(_ranges(numbers))} 次{title}"


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
    folder: Path, event: ImportRecorded | RunCompleted, seen: dict[str, str], unchecked: list[str]
) -> Iterator[str]:
    wanted = [name for name in _copies(event) if name]
    while wanted:
        name = wanted.pop()
        if name in seen:
            if seen[name]:
                yield seen[name]
            continue
        seen[name] = ""
        try:
            wanted += [member.sha256 for member in check_archived(folder, name)]
        except UnreadableFileError as error:
            unchecked.append(str(error))
        except RefusedFileError as error:
            seen[name] = str(error)
            yield seen[name]


def _copies(event: ImportRecorded | RunCompleted) -> tuple[str, ...]:
    """What the archive has of an event, by name; of runs of earlier versions nothing was kept."""
    if isinstance(event, ImportRecorded):
        return event.file_sha256, event.mapping_sha256
    kept = (event.profile_sha256, event.local_sha256, event.calendar_sha256)
    return kept if event.calendar_sha256 else ()
