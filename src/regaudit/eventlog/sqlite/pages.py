"""The pages in which events lie: those that are full stay byte for byte as they are while the log grows.

So bytes that are the same tell that events are, without one of them being taken apart. The table is a tree
whose leaves, from left to right, hold the events in order of position. Here the leaves are taken some at a
time, from the first on; the last ones, which still fill up, are left out. What SQLite might read otherwise
than it lies here, as with a write-ahead log beside it, is not looked at: then nothing is told.
"""

import struct
from collections.abc import Container, Iterator
from contextlib import suppress
from hashlib import sha256
from io import FileIO
from itertools import islice, takewhile
from typing import NamedTuple

from regaudit.eventlog.blocks import Block

_LEAVES = 16
_HEADER = struct.Struct(">16sH3B")
_MAGIC = b"SQLite format 3\0"
_ONE_FILE, _LEAF, _INNER = (1, 1, 0), 13, 5
"""No write-ahead log, neither for reading nor for writing, and no bytes of a page kept back."""
_HELD_BACK = 35
"""An event that is longer than a page but for so many bytes goes on in others."""
_LOW = 0x7F
"""The seven bits of a byte that count; the eighth says that another byte follows."""


class _Leaf(NamedTuple):
    number: int
    last: int


def stretches(
    file: FileIO, root: int, definition: str, known: Container[Block], after: int = 0
) -> Iterator[Block]:
    """The events up to those of the last pages, each stretch with the digest of the pages that hold it.

    A stretch with an event that goes on in other pages is left out. Behind what is damaged nothing is told.

    Args:
        file: the database.
        root: the number of the page with which the table of events begins.
        definition: the table's, as the database keeps it: it says what the bytes mean.
        known: what was told of it before: of these nothing but the bytes is looked at.
        after: those that end no later than at this position are not looked at either, and left out.
    """
    file.seek(0)
    magic, size, *form = _HEADER.unpack(file.read(_HEADER.size).ljust(_HEADER.size, b"\0"))
    if magic != _MAGIC or tuple(form) != _ONE_FILE:
        return
    buffer = bytearray(_LEAVES * size)
    pages = [memoryview(buffer)[start : start + size] for start in range(0, len(buffer), size)]
    begun, before = sha256(definition.encode()), 0
    with suppress(struct.error, IndexError, RecursionError):
        leaves = takewhile(lambda leaf: leaf.last, _leaves(file, size, root, 0))
        while len(taken := list(islice(leaves, _LEAVES))) == _LEAVES:
            if taken[-1].last <= after:
                before = taken[-1].last
                continue
            for page, leaf in zip(pages, taken, strict=True):
                _read(file, page, leaf.number)
            digest = begun.copy()
            digest.update(buffer)
            found = Block(before + 1, taken[-1].last, digest.hexdigest())
            before = taken[-1].last
            if found in known or all(map(_holds_all, pages)):
                yield found


def _leaves(file: FileIO, size: int, number: int, last: int) -> Iterator[_Leaf]:
    """The leaves below a page, with the last position that each may hold; 0 of the last leaf of all.

    `last` is the page's own. All leaves lie equally deep: the first page below tells what the others are.
    """
    page = memoryview(bytearray(size))
    _read(file, page, number)
    if page[0] != _INNER:
        return
    (count,) = struct.unpack_from(">H", page, 3)
    (rightmost,) = struct.unpack_from(">I", page, 8)
    below = [
        _Leaf(struct.unpack_from(">I", page, cell)[0], _varint(page, cell + 4))
        for cell in struct.unpack_from(f">{count}H", page, 12)
    ]
    below.append(_Leaf(rightmost, last))
    _read(file, page, below[0].number)
    if page[0] == _LEAF:
        yield from below
        return
    for child in below:
        yield from _leaves(file, size, child.number, child.last)


def _holds_all(page: memoryview) -> bool:
    """Whether a page is a leaf and surely holds its events whole."""
    (count,) = struct.unpack_from(">H", page, 3)
    longest = len(page) - _HELD_BACK
    # How long an event is stands first, in one byte, two or more: of more it is too long for most pages.
    return page[0] == _LEAF and all(
        page[cell] <= _LOW
        or (page[cell + 1] <= _LOW and (page[cell] & _LOW) << 7 | page[cell + 1] <= longest)
        for cell in struct.unpack_from(f">{count}H", page, 8)
    )


def _varint(page: memoryview, start: int) -> int:
    """A number as SQLite writes it: seven bits a byte, but for a ninth."""
    value = 0
    for byte in page[start : start + 8]:
        value = value << 7 | byte & _LOW
        if byte <= _LOW:
            return value
    return value << 8 | page[start + 8]


def _read(file: FileIO, page: memoryview, number: int) -> None:
    """Read a page; raises IndexError where the file has no such page."""
    file.seek((number - 1) * len(page))
    if file.readinto(page) != len(page):
        raise IndexError(number)
