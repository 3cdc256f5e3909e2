"""Checks a BIFF8 workbook before the reader opens it, and notes what that leaves out.

The reader trusts what the file says of itself: a chain of sectors that bites its tail, or a sheet that
claims four thousand million cells, would take all memory. A damaged file must be refused instead. (olefile
reads no further than a stream's size says, and so does not see a chain that goes on for ever.)
Sources: [MS-CFB] 2.2 to 2.6 for the container, [MS-XLS] 2.4 for the records.
"""

import struct
from collections.abc import Iterator, Sequence
from functools import partial

from msgspec import Struct

from regaudit.base.errors import RefusedFileError
from regaudit.sources.formats.xlsmarks import NOTED, XlsBook
from regaudit.sources.tables import NoTableError

_LOCKED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_LARGEST_SECTOR, _END_OF_CHAIN = 0xFFFFFFF9, 0xFFFFFFFE
_HEADER_BYTES, _ENTRY_BYTES, _MINI_SHIFT, _MINI_CUTOFF = 512, 128, 6, 4096
_FILE_PASS, _BOUND_SHEET, _DIMENSIONS, _STRINGS, _CONTINUE, _EOF = 0x2F, 0x85, 0x200, 0xFC, 0x3C, 0x0A
_CELLS = frozenset((0x06, 0x203, 0x204, 0x205, 0x27E, 0xBD, 0xFD))
"""Records of one or several cells; each begins with row and column."""
_MOST_COLUMNS, _MOST_ROWS = 256, 65_536
_LEAST_STRING, _LEAST_CELL = 3, 6
_EXTENT, _LONG_EXTENT = 10, 14


class _DamageError(Exception):
    """The file is not what the format says."""


class _Header(Struct, frozen=True):
    """The fields of the container's header that sizes and chains follow from."""

    sector_bytes: int
    directory_sectors: int
    fat_sectors: int
    directory: int
    mini_fat: int
    mini_fat_sectors: int
    more_fat: int
    more_fat_sectors: int


def check_xls(content: bytes, name: str) -> XlsBook:
    """Refuse a workbook whose container or records are damaged; of a sound one, what its reader leaves out.

    Raises:
        RefusedFileError: says whether it is locked by a password or damaged.
    """
    locked = RefusedFileError(f"Excel 文件 {name} 有打开密码:请在 Excel 中去掉密码另存后再导入")
    if _LOCKED_PACKAGE in content:
        raise locked
    try:
        book = _checked(_workbook_stream(content, name), XlsBook(name))
    except (_DamageError, struct.error) as error:
        raise RefusedFileError(
            f"Excel 文件 {name} 不完整或已损坏:请在 Excel 中打开并另存,或重新导出"
        ) from error
    if book is None:
        raise locked
    return book


def _require(condition: object) -> None:
    if not condition:
        raise _DamageError


def _workbook_stream(content: bytes, name: str) -> bytes:
    """The stream of records, put together as the reader will."""
    header = _header(content)
    fat = _fat(content, header)

    def chain(start: int, table: Sequence[int], unit: int, data: bytes, offset: int) -> bytes:
        parts: list[bytes] = []
        number = start
        while number != _END_OF_CHAIN:
            _require(number < len(table) and len(parts) < len(table))
            part = data[offset + number * unit : offset + (number + 1) * unit]
            _require(len(part) == unit)
            parts.append(part)
            number = table[number]
        return b"".join(parts)

    def sectors(start: int) -> bytes:
        return chain(start, fat, header.sector_bytes, content, header.sector_bytes)

    entries = list(_entries(sectors(header.directory), header))
    _require(entries)
    ministream = sectors(entries[0][1]) if entries[0][1] != _END_OF_CHAIN else b""
    mini_fat = _numbers(sectors(header.mini_fat)) if header.mini_fat_sectors else ()
    _require(all(size <= len(content) for _, _, size in entries))
    for wanted in ("Workbook", "Book"):
        for title, start, size in entries:
            if title == wanted and size < _MINI_CUTOFF:
                return chain(start, mini_fat, 1 << _MINI_SHIFT, ministream, 0)[:size]
            if title == wanted:
                return sectors(start)[:size]
    raise NoTableError(f"文件 {name} 是 Word 或其他 Office 文档,不是 Excel 工作簿:请从平台导出 Excel 或 CSV")


def _header(content: bytes) -> _Header:
    _require(len(content) > _HEADER_BYTES)
    version, _, shift, mini_shift = struct.unpack_from("<HHHH", content, 26)
    _require((version, shift) in ((3, 9), (4, 12)) and mini_shift == _MINI_SHIFT)
    directory_sectors, fat_sectors, directory = struct.unpack_from("<III", content, 40)
    header = _Header(
        1 << shift, directory_sectors, fat_sectors, directory, *struct.unpack_from("<IIII", content, 60)
    )
    most = len(content) // header.sector_bytes + 1
    counts = (directory_sectors, fat_sectors, header.mini_fat_sectors, header.more_fat_sectors)
    _require(all(count <= most for count in counts))
    return header


def _fat(content: bytes, header: _Header) -> list[int]:
    """The table of which sector follows which."""
    size = header.sector_bytes

    def sector(number: int) -> Sequence[int]:
        found = content[(number + 1) * size : (number + 2) * size]
        _require(len(found) == size)
        return _numbers(found)

    listed = list(_numbers(content[76:_HEADER_BYTES]))
    more, seen = header.more_fat, 0
    while more <= _LARGEST_SECTOR:
        *part, more = sector(more)
        listed += part
        seen += 1
        _require(seen <= header.more_fat_sectors)
    used = [number for number in listed if number <= _LARGEST_SECTOR]
    _require(len(used) <= len(content) // size)
    return [follower for number in used for follower in sector(number)]


def _entries(directory: bytes, header: _Header) -> Iterator[tuple[str, int, int]]:
    """Name, first sector and size of each stream."""
    for at in range(0, len(directory) - _ENTRY_BYTES + 1, _ENTRY_BYTES):
        name = directory[at : at + 64].decode("utf-16-le", "ignore").split("\0", 1)[0]
        start, small, large = struct.unpack_from("<III", directory, at + 116)
        yield name, start, small if header.sector_bytes == _HEADER_BYTES else small + (large << 32)


def _numbers(data: bytes) -> Sequence[int]:
    return struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4])


def _checked(stream: bytes, book: XlsBook) -> XlsBook | None:
    """The records of the workbook, then those of each sheet, checked and noted; `None` if it is locked."""
    sheets: list[int] = []
    strings, string_bytes = 0, -1
    for number, at, length in _records(stream, 0):
        if number == _FILE_PASS:
            return None
        if number == _BOUND_SHEET:
            sheets.append(*struct.unpack_from("<I", stream, at))
        if number == _STRINGS:
            [strings] = struct.unpack_from("<I", stream, at + 4)
            string_bytes = length
        elif string_bytes >= 0 and number == _CONTINUE:
            string_bytes += length
        book.note(number, stream, at, length)
    _require(strings * _LEAST_STRING <= max(string_bytes, 0))
    for start in sheets:
        sheet = book.add_sheet(partial(_first_column, stream, start))
        for number, at, length in _records(stream, start):
            _check_sheet_record(stream, number, at, length)
            if number in NOTED or sheet.awaits_text:
                sheet.note(number, stream, at, length)
    book.end()
    return book


def _records(stream: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """Number, start and length of each record up to the end of the workbook's globals or of a sheet."""
    while True:
        number, length = struct.unpack_from("<HH", stream, at)
        _require(at + 4 + length <= len(stream))
        if number == _EOF:
            return
        yield number, at + 4, length
        at += 4 + length


def _first_column(stream: bytes, start: int) -> int:
    """The column of a sheet's first cell: where its reader begins."""
    return min((stream[at + 2] for number, at, _ in _records(stream, start) if number in _CELLS), default=0)


def _check_sheet_record(stream: bytes, number: int, at: int, length: int) -> None:
    if number in _CELLS:
        _require(length >= _LEAST_CELL and stream[at + 3] == 0)  # a column is below 256
    elif number == _DIMENSIONS:
        long = length == _LONG_EXTENT
        _require(long or length == _EXTENT)
        top, bottom, left, right = struct.unpack_from("<IIHH" if long else "<HHHH", stream, at)
        _require(bottom <= _MOST_ROWS and right <= _MOST_COLUMNS)
        _require((top < bottom and left < right) or not (bottom and right))
