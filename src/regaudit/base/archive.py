"""Archive copies of what was handed over, files and folders, named by their SHA-256; and back again."""

import os
import re
from collections.abc import Callable
from hashlib import file_digest, sha256
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO

import msgspec
from msgspec import Struct
from zstandard import ZstdCompressor, ZstdDecompressor, ZstdError

from regaudit.base.admission import folder_files
from regaudit.base.errors import MissingCopyError, RefusedFileError, UnreadableFileError, reason_of
from regaudit.base.in_place import put_in_place

_CHUNK = 1 << 20
_DEVICES = frozenset(
    ("CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in "123456789¹²³"))
)
_MANIFEST_BEGINS = b'{"type":"regaudit-folder",'


class Member(Struct, frozen=True):
    """A file of a folder: its path relative to the folder with `/`, its hash, its size in bytes."""

    name: str
    sha256: str
    size: int


class ArchivedFile(Struct, frozen=True):
    """A file as it was handed over; its copy is `archive/<sha256>.zst`.

    For a folder the hash is that of its manifest, which names its `members`; `size` is theirs together.
    """

    path: Path
    sha256: str
    size: int
    members: tuple[Member, ...] = ()


class _Manifest(Struct, frozen=True, forbid_unknown_fields=True, tag="regaudit-folder"):
    """The files of a folder, by name. Its bytes are canonical JSON: the same files, the same hash."""

    members: tuple[Member, ...]


def archive(path: Path, folder: Path, *, by: str = "") -> ArchivedFile:
    """Copy a file, or each file of a folder, into the archive: zstd-compressed, named by SHA-256.

    The copy is complete and on disk before its name appears; a file archived before is not copied again.
    Of a folder, hidden files and lock files (`~$…`) are left out.

    Args:
        path: the file or folder.
        folder: the archive.
        by: as with `archive_content`.

    Raises:
        RefusedFileError: the file is missing, unreadable or empty, or no file of the folder holds anything.
    """
    folder.mkdir(exist_ok=True)
    if path.is_dir():
        return _archive_folder(path, folder, by)
    name, size = _archive_file(path, folder, by)
    if size == 0:
        raise RefusedFileError(f"文件 {path} 是空文件:请重新导出")
    return ArchivedFile(path=path, sha256=name, size=size)


def archive_content(content: bytes, folder: Path, *, by: str = "") -> str:
    """Put what is no file into the archive, such as a mapping that an import was read with.

    Args:
        content: what it is.
        folder: the archive.
        by: part of the name of the draft, so that whoever clears up leaves the drafts of others.

    Returns:
        Its SHA-256.
    """
    folder.mkdir(exist_ok=True)
    digest = sha256(content).hexdigest()
    if not _is_kept(folder, digest):
        _store(folder, lambda out: _copy(BytesIO(content), out), by)
    return digest


def restore(folder: Path, file_sha256: str, target: Path) -> None:
    """Write an archived file back as it was handed over, or a folder with all its files.

    Args:
        folder: the archive.
        file_sha256: the name it was archived under.
        target: where the file, or the folder, is to be; it must not exist.

    Raises:
        RefusedFileError: the copy is missing, or is no longer what it was.
    """
    _write_back(folder, file_sha256, target)
    if (manifest := _read_manifest(target)) is None:
        return
    target.unlink()
    for member in manifest.members:
        path = target / member.name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_back(folder, member.sha256, path)
        except OSError as error:
            # Windows has no `CON` and no `A.csv` beside `a.csv`; the archive of another machine may.
            raise RefusedFileError(
                f"存档的文件夹中有 {member.name},在本机不能还原({reason_of(error)}):请在导入它的机器上查看"
            ) from error


def _archive_folder(path: Path, folder: Path, by: str) -> ArchivedFile:
    members = []
    for file, name in folder_files(path).files:
        digest, size = _archive_file(file, folder, by)
        members.append(Member(name, digest, size))
    if not any(member.size for member in members):
        raise RefusedFileError(f"文件夹 {path} 中没有数据文件:请检查路径,或确认平台已导出")
    content = msgspec.json.encode(_Manifest(tuple(members)), order="deterministic")
    digest = archive_content(content, folder, by=by)
    return ArchivedFile(path, digest, sum(member.size for member in members), tuple(members))


def _archive_file(path: Path, folder: Path, by: str) -> tuple[str, int]:
    """SHA-256 and size of a file that is in the archive now."""
    try:
        with path.open("rb") as source:
            name = file_digest(source, "sha256").hexdigest()
            if not _is_kept(folder, name):
                source.seek(0)
                name = _store(folder, lambda out: _copy(source, out), by)
            return name, source.tell()
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            raise RefusedFileError(f"找不到文件 {path}:请检查路径,或确认平台已导出") from error
        raise RefusedFileError(f"文件 {path} 无法读取或存档:{reason_of(error)}") from error


def _is_kept(folder: Path, name: str) -> bool:
    """Whether there is a copy; its name is on the disk then, even if who made it was cut off before that."""
    if not _copy_of(folder, name).exists():
        return False
    sync_folder(folder)
    return True


def _copy_of(folder: Path, name: str) -> Path:
    return folder / f"{name}.zst"


def _store(folder: Path, write: Callable[[IO[bytes]], str], by: str = "") -> str:
    """Let `write` fill a compressed file and bring it to disk; it gives the name under which it appears."""
    temporary = folder / f".incoming-{by}{os.getpid()}"
    try:
        with temporary.open("wb") as file:
            # The frame carries a checksum; level 1 packs a step log as small as any that is as quick.
            packer = ZstdCompressor(level=1, write_checksum=True)
            with packer.stream_writer(file, closefd=False) as compressed:
                name = write(compressed)
            file.flush()
            os.fsync(file.fileno())
        put_in_place(temporary, _copy_of(folder, name))
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(folder)
    return name


def _copy(source: IO[bytes], out: IO[bytes]) -> str:
    """Copy all of `source`; returns the SHA-256 of what was copied."""
    digest = sha256()
    while chunk := source.read(_CHUNK):
        digest.update(chunk)
        out.write(chunk)
    return digest.hexdigest()


def check_archived(folder: Path, name: str) -> tuple[Member, ...]:
    """Hold an archive copy against its name; returns the members where it is a folder's manifest.

    Raises:
        RefusedFileError: the copy is missing, or is no longer what it was; `UnreadableFileError` where it is
            there and cannot be read.
    """
    kept = BytesIO()

    def read(stream: IO[bytes]) -> str:
        digest, is_first = sha256(), True
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            if kept.tell() or (is_first and chunk.startswith(_MANIFEST_BEGINS)):
                kept.write(chunk)
            is_first = False
        return digest.hexdigest()

    _read_copy(folder, name, read)
    manifest = _decode_manifest(kept.getvalue())
    return manifest.members if manifest else ()


def _read_copy(folder: Path, name: str, read: Callable[[IO[bytes]], str]) -> None:
    """Let `read` have the content of a copy; it gives the content's hash.

    Raises:
        UnreadableFileError: the copy is there, but this user may not read it, or the disk fails.
        RefusedFileError: the copy is missing, or is no longer what it was.
    """
    copy = _copy_of(folder, name)
    try:
        with copy.open("rb") as packed, ZstdDecompressor().stream_reader(packed) as stream:
            found = read(stream)
    except FileNotFoundError as error:
        raise MissingCopyError(f"存档中没有 {copy.name}:请从备份恢复 {folder}") from error
    except OSError as error:
        raise UnreadableFileError(
            f"存档 {copy.name} 不能读取({reason_of(error)}),内容是否完好不知:"
            f"请检查 {folder} 的权限与磁盘后重新运行"
        ) from error
    except ZstdError as error:
        raise RefusedFileError(f"存档 {copy.name} 无法解压:请从备份恢复 {folder}") from error
    if found != name:
        raise RefusedFileError(f"存档 {copy.name} 的内容与其编号不符,已被改动:请从备份恢复 {folder}")


def _write_back(folder: Path, name: str, target: Path) -> None:
    with target.open("xb") as out:
        try:
            _read_copy(folder, name, lambda stream: _copy(stream, out))
        except RefusedFileError:
            target.unlink()
            raise


def _read_manifest(path: Path) -> _Manifest | None:
    """The manifest that a file is."""
    with path.open("rb") as file:
        if file.read(len(_MANIFEST_BEGINS)) != _MANIFEST_BEGINS:
            return None
    return _decode_manifest(path.read_bytes())


def _decode_manifest(content: bytes) -> _Manifest | None:
    """The manifest that bytes are; only the very bytes that `archive` writes are one."""
    try:
        manifest = msgspec.json.decode(content, type=_Manifest)
    except msgspec.MsgspecError:
        return None
    is_ours = msgspec.json.encode(manifest, order="deterministic") == content
    return manifest if is_ours and all(_is_inside(member.name) for member in manifest.members) else None


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    is_relative = not (path.is_absolute() or Path(name).drive)
    return bool(name) and is_relative and ".." not in path.parts and "\\" not in name


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` durable, where the system knows how to."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def safe_name(text: str) -> str:
    """A text as part of a file name: letters, digits, `.`, `-` and `_` of any script; the rest is `_`.

    No device of Windows has such a name, on whichever system it is made: an archive may move.
    """
    name = re.sub(r"[^\w.-]+", "_", text).strip("._")[:80].rstrip(".") or "_"
    return f"_{name}" if name.partition(".")[0].upper() in _DEVICES else name
