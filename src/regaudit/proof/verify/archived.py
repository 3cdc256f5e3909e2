"""The archive, held against what the log says is in it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from regaudit.base.archive import check_archived
from regaudit.base.errors import RefusedFileError
from regaudit.base.folders import Folders
from regaudit.base.progress import Progress
from regaudit.proof.verify.report import Damage

_IMPORT = "import-recorded"
# The fields of events that name copies in the archive.
_NAMES = {
    _IMPORT: ("file_sha256", "mapping_sha256"),
    "run-completed": ("profile_sha256", "local_sha256", "calendar_sha256"),
}
_KEPT_SINCE = "calendar_sha256"
"""Runs without this field are of an earlier version, which kept nothing of them."""


class Recorded(Struct, frozen=True):
    """An import or a run as the log has it."""

    position: int
    stream: str
    version: int
    topic: str
    state: dict[str, Any]


def check_archive(home: Path, recorded: Sequence[Recorded], progress: Progress) -> tuple[int, list[Damage]]:
    """Hash every archived file, mapping, profile and calendar that an import or a run names.

    Args:
        home: the workspace.
        recorded: imports and runs.
        progress: hears how many of them were looked at.

    Returns:
        How many copies were hashed, and the damages.
    """
    seen: dict[str, str] = {}
    concerned: dict[str, list[Recorded]] = {}
    for done, event in enumerate(recorded, start=1):
        for problem in _problems(Folders(home).archive, event, seen):
            concerned.setdefault(problem, []).append(event)
        progress("核对存档", done, len(recorded))
    return len(seen), [_damage(problem, events) for problem, events in concerned.items()]


def _damage(problem: str, events: Sequence[Recorded]) -> Damage:
    """One damage a copy; the record is the first of those that name it."""
    event = events[0]
    if len(events) > 1:
        problem += f"(共 {len(events)} 处引用:{';'.join(_naming(events))})"
    return Damage(
        kind="归档",
        position=event.position,
        stream=event.stream,
        version=event.version,
        topic=event.topic,
        import_no=event.version if event.topic == _IMPORT else 0,
        file=str(event.state.get("file_name", "")),
        problem=problem,
        advice="日志不受影响;请从备份恢复该文件,或由平台重新导出并核对其 SHA-256",
    )


def _naming(events: Sequence[Recorded]) -> Iterator[str]:
    """Which imports and which runs (Chinese)."""
    for title, is_import in (("导入", True), ("运行", False)):
        if numbers := sorted({event.version for event in events if (event.topic == _IMPORT) == is_import}):
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


def _problems(folder: Path, event: Recorded, seen: dict[str, str]) -> Iterator[str]:
    if event.topic == "run-completed" and _KEPT_SINCE not in event.state:
        return
    names = [event.state.get(name) for name in _NAMES.get(event.topic, ())]
    wanted = [name for name in names if isinstance(name, str) and name]
    while wanted:
        name = wanted.pop()
        if name in seen:
            if seen[name]:
                yield seen[name]
            continue
        seen[name] = ""
        try:
            wanted += [member.sha256 for member in check_archived(folder, name)]
        except RefusedFileError as error:
            seen[name] = str(error)
            yield seen[name]
