"""Bytes of an export, decompressed and decoded; all streamed, nothing held whole."""

import codecs
import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast

from msgspec import Struct

from regaudit.base.errors import RefusedFileError

CHUNK = 1 << 20
GZIP_MAGIC = b"\x1f\x8b"
SAMPLE_BYTES = 4 << 20
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]+")
_HELD = 64 << 20
_UTF16_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
ZIP_DAMAGE = (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError, OSError)
"""What reading a damaged ZIP file raises."""


class Source(Struct, frozen=True):
    """Bytes that can be opened as often as asked; `name` is for messages, `path` that of a file as it is."""

    name: str
    open: Callable[[], AbstractContextManager[IO[bytes]]]
    path: Path | None = None

    @property
    def stem(self) -> str:
        """The file's name without folders and suffixes of formats: `SLSQ` of `导出/SLSQ.csv.gz`."""
        name = self.name.rsplit("/", 1)[-1]
        name = name[:-3] if name.lower().endswith(".gz") else name
        return Path(name).stem

    def head(self, size: int = 4096) -> bytes:
        """The first bytes."""
        with self.open() as stream:
            return stream.read(size)

    def content(self) -> bytes:
        """All bytes, for formats that cannot be read in pieces."""
        with self.open() as stream:
            return stream.read()


def open_file(path: Path, name: str | None = None) -> Source:
    """A file of the disk, decompressed when it is gzip."""
    plain = Source(name or path.name, lambda: path.open("rb"), path)
    return ungzip(plain) if plain.head(2) == GZIP_MAGIC else plain


def ungzip(packed: Source) -> Source:
    """What a gzip file holds.

    Raises:
        RefusedFileError: when it is read: the compressed data is cut short or damaged.
    """

    @contextmanager
    def opened() -> Iterator[IO[bytes]]:
        with packed.open() as raw:
            try:
                yield cast("IO[bytes]", gzip.GzipFile(fileobj=raw))
            except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                raise RefusedFileError(
                    f"压缩文件 {packed.name} 不完整或已损坏:请重新导出或重新传输"
                ) from error

    return Source(packed.name, opened)


def open_member(path: Path, info: zipfile.ZipInfo, name: str) -> Source:
    """A member of a ZIP file.

    Raises:
        RefusedFileError: when it is read: the compressed data is cut short or damaged.
    """

    @contextmanager
    def opened() -> Iterator[IO[bytes]]:
        try:
            with zipfile.ZipFile(path) as archive, archive.open(info) as stream:
                yield stream
        except ZIP_DAMAGE as error:
            raise RefusedFileError(
                f"压缩包 {path.name} 中的文件 {name} 不完整或已损坏:请重新导出或重新传输"
            ) from error

    member = Source(name, opened)
    return ungzip(member) if member.head(2) == GZIP_MAGIC else member


@contextmanager
def random_access(source: Source) -> Iterator[IO[bytes]]:
    """A stream that can be sought in: the file itself, or a temporary copy of what had to be decompressed."""
    with source.open() as stream:
        if source.path is not None:
            yield stream
            return
        with SpooledTemporaryFile(max_size=_HELD) as held:
            while chunk := stream.read(CHUNK):
                held.write(chunk)
            held.seek(0)
            yield cast("IO[bytes]", held)


def detect_encoding(source: Source) -> str:
    """`utf-8`, `gb18030` or `utf-16`: the one that reads the whole file, else the one that fails least.

    UTF-16 is known by its byte-order mark, or by the `<` that markup begins with. Some damaged texts do not
    make another encoding of UTF-8: GB18030 reads nearly anything, as other characters.
    """
    head = source.head(4)
    if head.startswith(_UTF16_BOMS):
        return "utf-16"
    if head.startswith((b"<\x00", b"\x00<")):
        return "utf-16-le" if head.startswith(b"<") else "utf-16-be"
    if head.startswith(codecs.BOM_UTF8) or _decodes(source, "utf-8"):
        return "utf-8"
    sample = source.head(SAMPLE_BYTES)
    texts = _BEYOND_ASCII.findall(sample)
    if 2 * sum(map(_is_utf8, texts)) > len(texts):
        return "utf-8"
    if _decodes(source, "gb18030"):
        return "gb18030"
    damage = {e: sample.decode(e, "replace").count("\ufffd") for e in ("gb18030", "utf-8")}
    return min(damage, key=lambda encoding: damage[encoding])


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _decodes(source: Source, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        with source.open() as stream:
            while chunk := stream.read(CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


class Utf8Stream(io.RawIOBase):
    """A byte stream in any encoding as UTF-8 without BOM; undecodable bytes become U+FFFD.

    Reports the bytes read from below to `on_bytes` as they pass.
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
            chunk = self._stream.read(CHUNK)
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


@contextmanager
def open_text(
    source: Source, encoding: str, on_bytes: Callable[[int], None]
) -> "Iterator[io.BufferedReader[Any]]":
    """The source's text as UTF-8."""
    with source.open() as stream, io.BufferedReader(Utf8Stream(stream, encoding, on_bytes), CHUNK) as text:
        yield text
