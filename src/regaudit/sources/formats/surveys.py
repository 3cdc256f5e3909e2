"""A pass over all bytes of a delimited text, which tells how it is to be read."""

import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from operator import itemgetter
from typing import IO, Any

from msgspec import Struct
from msgspec.structs import replace

from regaudit.sources.formats.backslashes import has_escaped_quote, open_unescaped
from regaudit.sources.formats.streams import Source, open_text

_SURVEYED = 1 << 16


class Survey(Struct, frozen=True):
    """How many quotation marks there are, whether the last line has its end, and how to open the text.

    `longest` is the longest line in bytes as they are stored, and `longest_line` its number from 1.
    """

    quotes: int
    is_ended: bool
    is_escaped: bool
    longest: int
    longest_line: int
    open: Callable[[Source, str, Callable[[int], None]], AbstractContextManager["io.BufferedReader[Any]"]] = (
        open_text
    )


def survey(source: Source, encoding: str) -> Survey:
    """One pass; two where quotation marks stand behind backslashes, which are made plain if that is sound."""
    found = _passed_as_it_is(source, encoding)
    if not found.is_escaped:
        return found
    with open_unescaped(source, encoding, lambda _: None) as text:
        plain = replace(_passed(text), open=open_unescaped)
    return found if plain.quotes % 2 else plain


def _passed_as_it_is(source: Source, encoding: str) -> Survey:
    """In these encodings no byte of another character looks like what is looked for."""
    if encoding in ("utf-8", "gb18030"):
        with source.open() as stream:
            return _passed(stream)
    with open_text(source, encoding, lambda _: None) as text:
        return _passed(text)


def _passed(stream: IO[bytes]) -> Survey:
    quotes, last, is_escaped = 0, b"", False
    line, length, longest = 1, 0, (0, 1)
    while chunk := stream.read(_SURVEYED):
        quotes += chunk.count(b'"')
        is_escaped = is_escaped or has_escaped_quote(chunk)
        last = chunk[-1:]
        if (end := chunk.find(b"\n")) >= 0:
            longest = max(longest, (length + end, line), key=itemgetter(0))
            line, length = line + chunk.count(b"\n"), -chunk.rfind(b"\n") - 1
        length += len(chunk)
    longest = max(longest, (length, line), key=itemgetter(0))
    return Survey(quotes, last in (b"\n", b"\r"), is_escaped, *longest)
