"""What people attach to a step: copied into the archive by SHA-256 before the step names it."""

from collections.abc import Iterable
from pathlib import Path
from threading import get_ident

from regaudit.base.archive import archive
from regaudit.base.errors import RefusedFileError, reason_of
from regaudit.base.folders import Folders
from regaudit.catalogue.event_types import Attachment

LARGEST = 50 << 20
"""Bytes of the largest file that is taken."""


def attach(home: Path, paths: Iterable[Path]) -> list[Attachment]:
    """Copy files into the archive of a workspace; all are looked at before the first is copied.

    Raises:
        RefusedFileError: one is missing, unreadable, empty, larger than `LARGEST`, no plain file, or belongs
            to the workspace itself.
    """
    given = [*paths]
    for path in given:
        _check(home, path)
    folder = Folders(home).archive
    kept = [archive(path, folder, by=f"step-{get_ident()}-") for path in given]
    return [
        Attachment(name=path.name, sha256=copy.sha256, size=copy.size)
        for path, copy in zip(given, kept, strict=True)
    ]


def _check(home: Path, path: Path) -> None:
    try:
        size, is_file = path.stat().st_size, path.is_file()
    except FileNotFoundError as error:
        raise RefusedFileError(f"找不到附件 {path}:请检查路径") from error
    except OSError as error:
        raise RefusedFileError(f"附件 {path} 无法读取:{reason_of(error)}") from error
    if path.is_dir():
        raise RefusedFileError(f"附件 {path} 是文件夹:请逐个附上文件,或先压缩成一个文件")
    if not is_file:
        raise RefusedFileError(f"附件 {path} 不是普通文件")
    if owner := Folders(home).owner_of(path):
        raise RefusedFileError(f"附件 {path} 是工作区自己的文件({owner}):请附上工作区以外的文件")
    if size == 0:
        raise RefusedFileError(f"附件 {path} 是空文件")
    if size > LARGEST:
        raise RefusedFileError(
            f"附件 {path} 有 {size / (1 << 20):.0f} MB,超过 {LARGEST >> 20} MB:请压缩,或分成几份"
        )
