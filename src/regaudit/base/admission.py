"""What may be handed over as an export: files and folders, but no pipe and nothing of the workspace itself.

An export is archived, shown and mailed; a key must not be, also not through a link.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from regaudit.base.errors import RefusedFileError, reason_of
from regaudit.base.folders import Folders

_ADVICE = "请只放入平台导出的文件"
_KINDS = (
    (stat.S_ISFIFO, "命名管道"),
    (stat.S_ISSOCK, "套接字"),
    (stat.S_ISCHR, "字符设备"),
    (stat.S_ISBLK, "块设备"),
)


class FolderFiles(Struct, frozen=True):
    """The files of a folder with their relative names, and the names of what is not read, with the reason."""

    files: list[tuple[Path, str]]
    refused: list[tuple[str, str]]


def admit(path: Path, home: Path) -> None:
    """Refuse what is no export, whatever it holds.

    Raises:
        RefusedFileError: it is no file or folder but a pipe, a socket or a device, or it is, leads to, or
            holds something of the workspace at `home`.
    """
    if not path.exists():
        raise RefusedFileError(f"找不到文件 {path}:请检查路径,或确认平台已导出")
    if (kind := special_kind(path)) is not None:
        raise RefusedFileError(f"{path} 是{kind},不是文件:{_ADVICE}")
    if not Folders(home).settings.exists():
        return
    if (owner := Folders(home).owner_of(path)) is not None:
        raise RefusedFileError(f"{path} 是工作区自己的文件({owner}),不能作为导出导入:{_ADVICE}")
    files = [file for file, _ in folder_files(path).files] if path.is_dir() else [path]
    if shared := [file for file in files if file.stat().st_nlink > 1]:
        own = {_inode(file) for file in _own_files(home)}
        for file in shared:
            if _inode(file) in own:
                raise RefusedFileError(f"{file} 与工作区自己的文件是同一个文件,不能作为导出导入:{_ADVICE}")


def special_kind(path: Path) -> str | None:
    """What is neither a file nor a folder, in Chinese; opening it might never end. `None` for all others."""
    mode = path.stat().st_mode
    return next((title for is_kind, title in _KINDS if is_kind(mode)), None)


def folder_files(folder: Path) -> FolderFiles:
    """The files of a folder and of those below, sorted by name; hidden and lock files are none.

    Raises:
        RefusedFileError: the folder cannot be read, or a name in it is no text.
    """
    files, refused = [], []
    for path in _entries(folder):
        name = path.relative_to(folder).as_posix()
        if is_hidden(name):
            continue
        if not _is_text(name):
            raise RefusedFileError(f"文件夹 {folder} 中有文件名无法识别:请改名后再导入")
        if (reason := refusal(path, folder)) is not None:
            refused.append((name, reason))
        elif path.is_file():
            files.append((path, name))
    return FolderFiles(sorted(files, key=lambda item: item[1]), sorted(refused))


def refusal(path: Path, folder: Path) -> str | None:
    """Why something below `folder` is not read (Chinese); `None` where it may be."""
    if path.is_symlink():
        if not path.exists():
            return "链接失效"
        if not path.resolve().is_relative_to(folder.resolve()):
            return "链接指向文件夹之外,不读取"
        if path.is_dir():
            return "链接指向文件夹之内,不重复读取"
    kind = special_kind(path)
    return f"是{kind},不是文件" if kind else None


def is_hidden(name: str) -> bool:
    """Whether a file is no export but what systems leave beside one: `.DS_Store`, `~$lock`."""
    return any(part.startswith((".", "~$", "__MACOSX")) for part in name.split("/"))


def _entries(folder: Path) -> Iterator[Path]:
    """Everything in a folder but the folders that are searched themselves."""

    def fail(error: OSError) -> None:
        raise RefusedFileError(f"文件夹 {folder} 无法读取:{reason_of(error)}") from error

    for place, folders, files in os.walk(folder, onerror=fail):
        for name in [*files, *folders]:
            path = Path(place, name)
            if name in files or path.is_symlink():
                yield path


def _own_files(home: Path) -> Iterator[Path]:
    folders = Folders(home)
    for path in [*home.glob("*"), *folders.keys.rglob("*")]:
        if path.is_file() and folders.owner_of(path) is not None:
            yield path


def _inode(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
