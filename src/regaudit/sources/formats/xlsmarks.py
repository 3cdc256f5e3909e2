"""The marks of a BIFF8 workbook's sheets, from its records: what its reader does not hand over.

Source: [MS-XLS] 2.4 for the records, 2.5.133 for the results of formulas.
"""

import struct
from collections.abc import Callable

from regaudit.sources.formats.marks import NO_VALUE, Budget, Marks
from regaudit.sources.formats.numberformats import MOST_DIGITS, ZeroMask, shown_number, zero_mask

_DATE_MODE, _FORMAT, _STYLE, _VERSION = 0x22, 0x41E, 0xE0, 0x809
_MERGES, _FORMULA, _TEXT, _NUMBER, _SMALL, _SMALLS, _ERROR = 0xE5, 0x06, 0x207, 0x203, 0x27E, 0xBD, 0x205
_OF_FORMULAS = frozenset((0x4BC, 0x221, 0x236, 0x3C))
"""What may stand between a formula and the text that it resulted in: shared ones, arrays, tables."""
NOTED = frozenset((_MERGES, _FORMULA, _NUMBER, _SMALL, _SMALLS, _ERROR))
"""Records of a sheet that tell what its reader leaves out; of others none need be handed over."""
_BIFF8 = 0x600
_LONG = 10.0**MOST_DIGITS
_NO_NUMBER = b"\xff\xff"
_IS_TEXT, _IS_ERROR, _IS_BLANK = 0, 2, 3
_ERRORS = dict(
    zip(
        (0x00, 0x07, 0x0F, 0x17, 0x1D, 0x24, 0x2A),
        ("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"),
        strict=True,
    )
)


class XlsBook:
    """What the records of a workbook say of its number formats, its dates and its sheets, in their order."""

    def __init__(self, name: str) -> None:
        self.budget = Budget(name)
        self.counts_from_1904 = False
        self.sheets: list[XlsSheet] = []
        self._is_biff8 = False
        self._formats: dict[int, ZeroMask] = {}
        self._styles = 0
        self.masks: dict[int, ZeroMask] = {}
        self.computes = False

    def note(self, number: int, stream: bytes, at: int, length: int) -> None:
        """Take a record of the workbook itself."""
        if number == _VERSION:
            [version] = struct.unpack_from("<H", stream, at)
            self._is_biff8 = version == _BIFF8
        elif number == _DATE_MODE:
            self.counts_from_1904 = bool(stream[at])
        elif number == _FORMAT and self._is_biff8:
            place, count, is_wide = struct.unpack_from("<HHB", stream, at)
            text = stream[at + 5 : at + length]
            code = text[: 2 * count].decode("utf-16-le", "replace") if is_wide & 1 else text.decode("latin-1")
            if mask := zero_mask(code):
                self._formats[place] = mask
        elif number == _STYLE:
            [place] = struct.unpack_from("<H", stream, at + 2)
            if place in self._formats:
                self.masks[self._styles] = self._formats[place]
            self._styles += 1

    def add_sheet(self, first_column: Callable[[], int]) -> "XlsSheet":
        """The sheet that the records to come are of."""
        self.sheets.append(XlsSheet(self, first_column))
        return self.sheets[-1]

    def end(self) -> None:
        """No record is left: a formula without a text is told, unless its writer stores results.

        Excel stores `""` in the same way as some libraries store that nothing was computed. A workbook with
        any other result was computed.
        """
        for sheet in self.sheets:
            sheet.end()
            if not self.computes:
                for row, column in sheet.blanks:
                    sheet.marks.doubt(row, column, NO_VALUE)


class XlsSheet:
    """The marks of a sheet, as in the sheet, and how to find the column where its reader begins."""

    def __init__(self, book: XlsBook, first_column: Callable[[], int]) -> None:
        self.marks = Marks(book.budget)
        self.first_column = first_column
        self.blanks: list[tuple[int, int]] = []
        self._book = book
        self.awaits_text = False
        """Whether the last formula resulted in a text, which is a record of its own."""
        self._formula_at = (0, 0)
        self._take: dict[int, Callable[[bytes, int, int], None]] = {
            _MERGES: self._merges,
            _FORMULA: self._formula,
            _NUMBER: self._number,
            _SMALL: self._small,
            _SMALLS: self._smalls,
            _ERROR: self._error,
        }

    def note(self, number: int, stream: bytes, at: int, length: int) -> None:
        """Take a record of this sheet, whose cells were checked to have a row, a column and a style.

        It is one of `NOTED`, or any that follows a formula while `awaits_text`.
        """
        if self.awaits_text and number not in _OF_FORMULAS:
            if number == _TEXT:
                self._book.computes, self.awaits_text = True, False
            else:
                self.end()
        if number in self._take:
            self._take[number](stream, at, length)

    def end(self) -> None:
        """No text follows a formula that awaits one."""
        if self.awaits_text:
            self.marks.doubt(*self._formula_at, NO_VALUE)
            self.awaits_text = False

    def _merges(self, stream: bytes, at: int, length: int) -> None:
        [count] = struct.unpack_from("<H", stream, at)
        for n in range(min(count, (length - 2) // 8)):
            top, bottom, left, right = struct.unpack_from("<HHHH", stream, at + 2 + 8 * n)
            if top <= bottom and left <= right:
                self.marks.merge(top, bottom, left, right)

    def _formula(self, stream: bytes, at: int, _: int) -> None:
        row, column, style = struct.unpack_from("<HHH", stream, at)
        result = stream[at + 6 : at + 14]
        if result[6:] != _NO_NUMBER:
            self._book.computes = True
            self._show(row, column, style, *struct.unpack("<d", result))
        elif result[0] == _IS_TEXT:
            self.awaits_text, self._formula_at = True, (row, column)
        elif result[0] == _IS_BLANK:
            self.blanks.append((row, column))
        else:
            self._book.computes = True
            if result[0] == _IS_ERROR:
                self.marks.show(row, column, _ERRORS.get(result[2], "#N/A"))

    def _number(self, stream: bytes, at: int, _: int) -> None:
        self._show(*struct.unpack_from("<HHHd", stream, at))

    def _small(self, stream: bytes, at: int, _: int) -> None:
        row, column, style, packed = struct.unpack_from("<HHHI", stream, at)
        self._show(row, column, style, _unpacked(packed))

    def _smalls(self, stream: bytes, at: int, length: int) -> None:
        row, first = struct.unpack_from("<HH", stream, at)
        cells = stream[at + 4 : at + 4 + (length - 6) // 6 * 6]
        for n, (style, packed) in enumerate(struct.iter_unpack("<HI", cells)):
            self._show(row, first + n, style, _unpacked(packed))

    def _error(self, stream: bytes, at: int, _: int) -> None:
        row, column, _, code, is_error = struct.unpack_from("<HHHBB", stream, at)
        if is_error:
            self.marks.show(row, column, _ERRORS.get(code, "#N/A"))

    def _show(self, row: int, column: int, style: int, number: float) -> None:
        if not self._book.masks and -_LONG < number < _LONG:
            return
        mask = self._book.masks.get(style)
        if (mask or abs(number) >= _LONG) and number == number // 1:
            shown = shown_number(str(int(number)), mask)
            if shown:
                self.marks.show(row, column, shown)


def _unpacked(packed: int) -> float:
    """A number of 30 bits: whole or the upper part of a floating one, both perhaps in hundredths."""
    number: float = (
        (packed >> 2) - ((packed >> 31) << 30)
        if packed & 2
        else struct.unpack("<d", struct.pack("<II", 0, packed & 0xFFFFFFFC))[0]
    )
    return number / 100 if packed & 1 else number
