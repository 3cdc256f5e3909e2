"""The archive, held against what the log says of imported files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from regaudit.errors import RefusedFileError
from regaudit.intake.records import States
from regaudit.sources.files import check_archived
from regaudit.verifying.report import Damage
from regaudit.warehouse.mirror import Progress

ARCHIVE = "archive"


def check_archive(
    home: Path, imports: States, positions: dict[int, int], progress: Progress
) -> tuple[int, list[Damage]]:
    """Hash every archived file and mapping that an import names.

    Args:
        home: the workspace.
        imports: the fields of all imports by number.
        positions: the log positions of their events.
        progress: hears how many imports were looked at.

    Returns:
        How many files were hashed, and the damages.
    """
    seen: dict[str, str] = {}
    damages: list[Damage] = []
    for done, (import_no, state) in enumerate(sorted(imports.items()), start=1):
        damages += [
            Damage(
                kind="归档",
                position=positions.get(import_no, 0),
                stream="imports",
                version=import_no,
                topic="import-recorded",
                import_no=import_no,
                file=str(state.get("file_name", "")),
                problem=problem,
                advice="日志不受影响;请从备份恢复该文件,或由平台重新导出并核对其 SHA-256",
            )
            for problem in _problems(home / ARCHIVE, state, seen)
        ]
        progress("核对存档", done, len(imports))
    return len(seen), damages


def _problems(folder: Path, state: dict[str, Any], seen: dict[str, str]) -> Iterator[str]:
    names = [state.get(name) for name in ("file_sha256", "mapping_sha256")]
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
