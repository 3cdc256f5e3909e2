"""How far the sheets of an XLSX workbook reach, found from their bytes before they are opened."""

import re
from zipfile import ZipInfo

from regaudit.base.errors import RefusedFileError
from regaudit.sources.formats.grids import MOST_CELLS, SPARSE_CELLS, SPARSE_SHARE

_LONGEST_CELL = 16 << 20
_PACKED_CELLS, _CELLS_A_BYTE = 8_000_000, 2
"""So many cells, packed into less than half a byte each, are repetitions that no log has."""
_CELL_COLUMN = re.compile(rb'\sr=["\']([A-Z]{1,3})[0-9]{1,7}["\'][^/>]*>')  # of cells that hold something
_ROW = re.compile(rb'<(?:\w+:)?row [^>]*?r=["\']([0-9]{1,9})["\']')
_PREFIX = re.compile(rb"<((?:\w+:)?)(?:worksheet|sst)\b")
_BORDERS = (b" ", b">", b"/", b"\n", b"\r", b"\t")


class Extent:
    """What is counted of one part of a workbook; a part that is neither a sheet nor its texts counts nothing.

    Cells and rows need not say where they stand: those that do not follow the one before.
    """

    def __init__(self, file_name: str, part: ZipInfo) -> None:
        self._file_name, self._packed = file_name, part.compress_size
        self._is_sheet = "/worksheets/" in part.filename
        self._is_past = not self._is_sheet and not part.filename.endswith("sharedStrings.xml")
        self._kept, self._prefix, self._is_begun = b"", b"", False
        self._columns: set[bytes] = set()
        self._last_row = self._rows_unplaced = self._filled = 0
        self._cells_unplaced = self._in_row = self._since_cell = 0

    def add(self, chunk: bytes) -> None:
        """Take the next piece.

        Raises:
            RefusedFileError: a cell is longer than any.
        """
        if self._is_past:
            return
        text = self._kept + chunk
        if not self._is_begun:
            found = _PREFIX.search(text)
            self._prefix, self._is_begun = found[1] if found else b"", True
        cut = max(text.rfind(b"<"), 0)
        self._kept = text[cut:]
        self._take(text[:cut])
        if self._since_cell + len(self._kept) > _LONGEST_CELL:
            place = f"第 {self._last_row + self._rows_unplaced} 行" if self._is_sheet else ""
            raise RefusedFileError(
                f"Excel 文件 {self._file_name} {place}有一个单元格超过 {_LONGEST_CELL >> 20} MB:"
                "请在平台重新导出"
            )

    def check(self) -> None:
        """The part is at its end.

        Raises:
            RefusedFileError: it is a sheet with more cells than can be held, or hardly any in a wide area.
        """
        width = max(map(_column_number, self._columns), default=0) + self._cells_unplaced
        height = self._last_row + self._rows_unplaced
        area = width * height
        is_sparse = area > SPARSE_CELLS and self._filled * SPARSE_SHARE < area
        is_packed = self._filled > max(_PACKED_CELLS, self._packed * _CELLS_A_BYTE)
        if area > MOST_CELLS or is_sparse or is_packed:
            raise RefusedFileError(
                f"Excel 文件 {self._file_name} 的一张工作表有 {height} 行、{width} 列,过大:"
                "请删除数据以外多余的行列,或另存为 CSV(UTF-8)后再导入"
            )

    def _take(self, text: bytes) -> None:
        """Count whole tags and what stands between them."""
        opener = self._prefix + (b"c" if self._is_sheet else b"si")
        last = max(text.rfind(b"<" + opener + border) for border in _BORDERS)
        self._since_cell = len(text) - last if last >= 0 else self._since_cell + len(text)
        if not self._is_sheet:
            return
        self._columns.update(_CELL_COLUMN.findall(text))
        self._filled += text.count(b"</%bv>" % self._prefix) + text.count(b"</%bis>" % self._prefix)
        self._last_row = max([self._last_row, *map(int, _ROW.findall(text))])
        if self._has_unplaced(text, b"c") or self._has_unplaced(text, b"row"):
            self._count_unplaced(text)
        elif _opened(text, self._prefix + b"row"):
            self._in_row = 0
        self._is_past = b"</%bsheetData>" % self._prefix in text

    def _has_unplaced(self, text: bytes, name: bytes) -> bool:
        tag = self._prefix + name
        placed = text.count(b'<%b r="' % tag) + text.count(b"<%b r='" % tag)
        return _opened(text, tag) > placed

    def _count_unplaced(self, text: bytes) -> None:
        p = re.escape(self._prefix)
        first, *rows = re.split(rb"<%brow(?=[\s/>])" % p, text)
        self._rows_unplaced += sum(not re.match(rb"""[^>]*?\sr=["']""", row) for row in rows)
        for n, row in enumerate((first, *rows)):
            opened = _opened(row, self._prefix + b"c")
            placed = len(re.findall(rb"""<%bc\s(?:[^>]*?\s)?r=["'][A-Z]""" % p, row))
            self._in_row = opened - placed + (0 if n else self._in_row)
            self._cells_unplaced = max(self._cells_unplaced, self._in_row)


def _opened(text: bytes, tag: bytes) -> int:
    return sum(text.count(b"<" + tag + border) for border in _BORDERS)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
