"""Quotation marks behind backslashes, as MySQL's INTO OUTFILE and mysqldump write them, made those of CSV."""

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

from regaudit.sources.formats.streams import CHUNK, Source, open_text

# A cell that goes on behind `\"`: in CSV its quotation mark ends there, and nothing but a delimiter follows.
_ESCAPED_QUOTE = re.compile(
    rb"""(?:^|[,\t;|^~\x01\n])"[^"\\\n]*(?:\\[^"\n][^"\\\n]*)*\\"[^",\t;|^~\x01\r\n]"""
)
_ESCAPE = re.compile(rb'\\(["\\0\n])')
_PLAIN = {b'"': b'""', b"\\": b"\\", b"0": b"\0", b"\n": b"\n"}


def has_escaped_quote(text: bytes) -> bool:
    """Whether a cell in quotation marks holds one behind a backslash, unmistakably."""
    return b'\\"' in text and _ESCAPED_QUOTE.search(text) is not None


@contextmanager
def open_unescaped(
    source: Source, encoding: str, on_bytes: Callable[[int], None]
) -> Iterator["io.BufferedReader[Any]"]:
    r"""The source's text as UTF-8, quotation marks doubled; `\N`, which stands for nothing, stays."""
    with (
        open_text(source, encoding, on_bytes) as text,
        io.BufferedReader(_Unescaped(text), CHUNK) as plain,
    ):
        yield plain


class _Unescaped(io.RawIOBase):
    def __init__(self, text: IO[bytes]) -> None:
        super().__init__()
        self._text, self._left = text, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._left:
            chunk = self._text.read(CHUNK)
            if (len(chunk) - len(chunk.rstrip(b"\\"))) % 2:
                chunk += self._text.read(1)
            self._left = memoryview(_ESCAPE.sub(lambda found: _PLAIN[found[1]], chunk))
        count = min(len(buffer), len(self._left))
        buffer[:count], self._left = self._left[:count], self._left[count:]
        return count
