"""Files that are attached to a step: archived by their SHA-256, named in its event."""

from collections.abc import Iterable
from pathlib import Path

from regaudit.base.archive import archive
from regaudit.base.errors import RefusedFileError
from regaudit.base.folders import Folders
from regaudit.catalogue.event_types import Attachment


def attach(home: Path, paths: Iterable[Path]) -> list[Attachment]:
    """Archive files in a workspace.

    Raises:
        RefusedFileError: one is missing, unreadable, empty, or no file.
    """
    return [_attached(path, Folders(home).archive) for path in paths]


def _attached(path: Path, folder: Path) -> Attachment:
    if path.is_dir():
        raise RefusedFileError(f"附件 {path} 是文件夹:请附上单个文件")
    kept = archive(path, folder)
    return Attachment(name=path.name, sha256=kept.sha256, size=kept.size)
