"""Opening an export: archive copy, SHA-256, decompression, encoding; all streamed, nothing held whole."""

import codecs
import gzip
import io
import os
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import file_digest, sha256
from pathlib import Path
from typing import IO, cast

import pyarrow as pa
from msgspec import Struct

from regaudit.errors import RefusedFileError

_CHUNK = 1 << 20
_GZIP_MAGIC = b"\x1f\x8b"
_SAMPLE = 4 << 20


class ArchivedFile(Struct, frozen=True):
    """A file as it was handed over; its copy is `archive/<sha256>.zst`."""

    path: Path
    sha256: str
    size: int


def archive(path: Path, folder: Path) -> ArchivedFile:
    """Copy a file into the archive, zstd-compressed and named by the SHA-256 of its bytes.

    The copy is complete and on disk before its name appears; a file archived before is not copied again.

    Raises:
        RefusedFileError: the file is missing, unreadable or empty.
    """
    folder.mkdir(exist_ok=True)
    temporary = folder / f".incoming-{os.getpid()}"
    try:
        with path.open("rb") as source:
            name = file_digest(source, "sha256").hexdigest()
            if not (folder / f"{name}.zst").exists():
                source.seek(0)
                name = _copy(source, temporary)
                temporary.replace(folder / f"{name}.zst")
                sync_folder(folder)
            size = source.tell()
    except OSError as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, FileNotFoundError):
            raise RefusedFileError(f"找不到文件 {path}:请检查路径,或确认平台已导出") from error
        raise RefusedFileError(f"文件 {path} 无法读取或存档:{error.strerror or error}") from error
    if size == 0:
        raise RefusedFileError(f"文件 {path} 是空文件:请重新导出")
    return ArchivedFile(path=path, sha256=name, size=size)


def _copy(source: IO[bytes], target: Path) -> str:
    """Compress `source` into `target` and onto the disk; returns the SHA-256 of what was copied."""
    digest = sha256()
    with target.open("wb") as out:
        with pa.CompressedOutputStream(pa.PythonFile(_Unclosed(out), "w"), "zstd") as compressed:
            while chunk := source.read(_CHUNK):
                digest.update(chunk)
                compressed.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest()


class _Unclosed:
    """A file that Arrow may write to but not close, so that it can be brought to disk after."""

    closed = False

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, data: bytes) -> int:
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        self.flush()


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` durable, where the system knows how to."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def open_plain(path: Path) -> Iterator[IO[bytes]]:
    """The file's bytes, decompressed when it is gzip.

    Raises:
        RefusedFileError: the compressed data is cut short or damaged.
    """
    with path.open("rb") as raw:
        is_gzip = raw.read(2) == _GZIP_MAGIC
        raw.seek(0)
        try:
            yield cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if is_gzip else raw
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise RefusedFileError(f"压缩文件 {path.name} 不完整或已损坏:请重新导出或重新传输") from error


def detect_encoding(path: Path) -> str:
    """`utf-8`, `gb18030` or `utf-16`: the one that reads the whole file, else the one that fails least."""
    with open_plain(path) as stream:
        head = stream.read(4)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    for encoding in ("utf-8", "gb18030"):
        if _decodes(path, encoding):
            return encoding
    with open_plain(path) as stream:
        sample = stream.read(_SAMPLE)
    damage = {e: sample.decode(e, "replace").count("\ufffd") for e in ("utf-8", "gb18030")}
    return min(damage, key=lambda encoding: damage[encoding])


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        with open_plain(path) as stream:
            while chunk := stream.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


class Utf8Stream(io.RawIOBase):
    """A byte stream in any encoding as UTF-8 without BOM; undecodable bytes become U+FFFD.

    Reports the bytes read from below to `on_progress` as they pass.
    """

    def __init__(self, stream: IO[bytes], encoding: str, on_bytes: Callable[[int], None]) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._on_bytes = on_bytes
        self._pending = b""
        self._started = False
        self._ended = False

    def readable(self) -> bool:
        """Always true."""
        return True

    def readinto(self, buffer: "memoryview[int] | bytearray") -> int:  # type: ignore[override]
        """Fill `buffer` with UTF-8 bytes; 0 at the end."""
        while not self._pending and not self._ended:
            chunk = self._stream.read(_CHUNK)
            self._on_bytes(len(chunk))
            text = self._decoder.decode(chunk, final=not chunk)
            self._ended = not chunk
            if not self._started and text:
                text, self._started = text.removeprefix("\ufeff"), True
            self._pending = text.encode("utf-8", "replace")
        taken = self._pending[: len(buffer)]
        buffer[: len(taken)] = taken
        self._pending = self._pending[len(taken) :]
        return len(taken)


def safe_name(text: str) -> str:
    """A text as part of a file name: letters, digits, `.`, `-` and `_` of any script; the rest is `_`."""
    return re.sub(r"[^\w.-]+", "_", text).strip("._")[:80] or "_"
