"""The archive, held against what the log says is in it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from regaudit.errors import RefusedFileError
from regaudit.keeping import ARCHIVE_FOLDER
from regaudit.sources.files import check_archived
from regaudit.verifying.report import Damage
from regaudit.warehouse.mirror import Progress

# The fields of events that name copies in the archive.
_NAMES = {
    "import-recorded": ("file_sha256", "mapping_sha256"),
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
    damages: list[Damage] = []
    for done, event in enumerate(recorded, start=1):
        is_import = event.topic == "import-recorded"
        damages += [
            Damage(
                kind="归档",
                position=event.position,
                stream=event.stream,
                version=event.version,
                topic=event.topic,
                import_no=event.version if is_import else 0,
                file=str(event.state.get("file_name", "")),
                problem=problem,
                advice="日志不受影响;请从备份恢复该文件,或由平台重新导出并核对其 SHA-256",
            )
            for problem in _problems(home / ARCHIVE_FOLDER, event, seen)
        ]
        progress("核对存档", done, len(recorded))
    return len(seen), damages


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
