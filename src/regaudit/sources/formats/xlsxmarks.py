"""The marks of an XLSX workbook's sheets: what its reader does not hand over.

The XML of a sheet is gone through as bytes, piece by piece: only what is looked for is taken apart, so that
the hundreds of megabytes of a large sheet cost a fraction of what reading them does.
"""

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from msgspec import Struct

from regaudit.sources.formats.marks import NO_VALUE, Budget, Marks
from regaudit.sources.formats.numberformats import ZeroMask, shown_number, zero_mask
from regaudit.sources.formats.streams import CHUNK, Source
from regaudit.sources.formats.xmlevents import Event, read_events

_WORKBOOK, _STYLES = "xl/workbook.xml", "xl/styles.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"
_LONGEST_CELL = 2 * CHUNK
_PREFIX = re.compile(rb"<((?:\w+:)?)worksheet\b")
_REFERENCE = re.compile(rb"""\br=["']([A-Z]{1,3})([0-9]{1,7})["']""")
_STYLE = re.compile(rb"""\bs=["']([0-9]+)["']""")
_TEXT_TYPE = re.compile(rb"""\bt=["'](?!n["'])""")
_IS_STRING = re.compile(rb"""\bt=["']str["']""")


class Book(Struct, frozen=True):
    """What a workbook says of itself: its sheets' titles and parts in order, and its number formats."""

    budget: Budget
    content: bytes
    parts: dict[str, str]
    masks: dict[bytes, ZeroMask]
    counts_from_1904: bool


def read_book(content: bytes, name: str) -> Book:
    """The directory of a workbook that `check_xlsx` has found whole; without sheets where it is no XML.

    Raises:
        RefusedFileError: its XML is damaged.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        found = {n.replace("\\", "/").lower(): n for n in archive.namelist()}
        targets = {
            e.attributes.get("Id", ""): posixpath.normpath(
                posixpath.join("/xl", e.attributes.get("Target", "").replace("\\", "/"))
            ).lstrip("/")
            for e in _elements(archive, found.get(_RELATIONS), name)
            if e.begins and e.name == "Relationship"
        }
        parts: dict[str, str] = {}
        is_1904 = False
        for element in _elements(archive, found.get(_WORKBOOK), name):
            if element.begins and element.name == "sheet":
                part = found.get(targets.get(element.attributes.get("id", ""), "").lower())
                parts |= {element.attributes.get("name", ""): part} if part else {}
            elif element.begins and element.name == "workbookPr":
                is_1904 = element.attributes.get("date1904", "") in ("1", "true", "on")
        return Book(
            Budget(name), content, parts, _masks(_elements(archive, found.get(_STYLES), name)), is_1904
        )


def sheet_marks(book: Book, title: str) -> Marks:
    """The marks of one sheet; rows and columns as in the sheet."""
    marks = Marks(book.budget)
    if title in book.parts:
        with zipfile.ZipFile(io.BytesIO(book.content)) as archive, archive.open(book.parts[title]) as part:
            _scan(part, book.masks, marks)
    return marks


def first_column(book: Book, title: str) -> int:
    """The column of a sheet in which its first cell with a value stands: where its reader begins."""
    if title not in book.parts:
        return 0
    letters: set[bytes] = set()
    with zipfile.ZipFile(io.BytesIO(book.content)) as archive, archive.open(book.parts[title]) as part:
        for patterns, text in _pieces(part):
            letters.update(patterns.valued.findall(text))
    return min(map(_column, letters), default=0)


class _Patterns:
    """Regular expressions for a sheet whose elements have a prefix, mostly none."""

    def __init__(self, prefix: bytes) -> None:
        p = re.escape(prefix)
        cell = rb"<%bc ([^>]*[^>/])>\s*" % p
        formula = rb"<%bf\b(?:[^>]*/>|[^>]*[^>/]>[^<]*</%bf>|>[^<]*</%bf>)\s*" % (p, p, p)
        maybe, value = rb"(?:%b)?" % formula, rb"<%bv[^>]*>\s*(%%b)\s*</%bv>" % (p, p)
        long = rb"[0-9]{16,}(?:\.[0-9]*)?|[0-9](?:\.[0-9]+)?[eE]\+?[0-9]{2,3}"
        self.begin = b"<%bc " % prefix
        self.has_formula = re.compile(rb"<%bf[ />]" % p)
        # Three that begin with a letter of their own are found many times as fast as one for all.
        self.is_long = [re.compile(each) for each in (rb"v>[0-9]{16}", rb"E\+?[0-9]+<", rb"e\+?[0-9]+<")]
        self.formula = re.compile(cell + formula + rb"(<%bv[^>]*>[^<]*<)?" % p)
        self.error = re.compile(cell + maybe + value % rb"#[A-Z0-9_/!?]{2,20}")
        self.long = re.compile(cell + maybe + value % long)
        self.padded = re.compile(cell + maybe + value % rb"[0-9]{1,20}(?:\.0*)?")
        self.merge = re.compile(
            rb"""<%bmergeCell [^>]*?ref=["']([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})["']""" % p
        )
        self.valued = re.compile(
            rb"""<%bc [^>]*?r=["']([A-Z]{1,3})[0-9]{1,7}["'][^>/]*>\s*%b<%b(?:v|is)\b[^>/]*>(?!</)"""
            % (p, maybe, p)
        )


def _pieces(part: IO[bytes]) -> Iterator[tuple[_Patterns, bytes]]:
    """A sheet in pieces that hold whole cells, but for one that is longer than any."""
    kept = part.read(CHUNK)
    found = _PREFIX.search(kept)
    patterns = _Patterns(found[1] if found else b"")
    while chunk := part.read(CHUNK):
        # What was kept begins with its last cell: another one can only be new.
        text = kept + chunk
        cut = text.rfind(patterns.begin, max(len(kept) - len(patterns.begin), 0))
        if cut < 0 and len(text) > _LONGEST_CELL:
            cut = max(text.rfind(b"<"), 0) or len(text)
        cut = max(cut, 0)
        yield patterns, text[:cut]
        kept = text[cut:]
    yield patterns, kept


def _scan(part: IO[bytes], masks: dict[bytes, ZeroMask], marks: Marks) -> None:
    for patterns, text in _pieces(part):
        _scan_numbers(patterns, text, masks, marks)
        if b"#" in text:
            for cell in patterns.error.finditer(text):
                _mark(cell, marks, cell[2].decode())
        if patterns.has_formula.search(text):
            for cell in patterns.formula.finditer(text):
                if not _is_computed(cell):
                    _mark(cell, marks, "")
        for left, top, right, bottom in patterns.merge.findall(text):
            marks.merge(int(top) - 1, int(bottom) - 1, _column(left), _column(right))


def _scan_numbers(patterns: _Patterns, text: bytes, masks: dict[bytes, ZeroMask], marks: Marks) -> None:
    if masks:
        for cell in patterns.padded.finditer(text):
            style = _STYLE.search(cell[1])
            _show_number(cell, masks.get(style[1]) if style else None, marks)
    if any(each.search(text) for each in patterns.is_long):
        for cell in patterns.long.finditer(text):
            _show_number(cell, None, marks)


def _is_computed(formula: re.Match[bytes]) -> bool:
    """Whether a result is stored; a text without a letter is one, a number without a digit is none."""
    value = formula[2]
    return bool(value and (_IS_STRING.search(formula[1]) or value.partition(b">")[2] != b"<"))


def _show_number(cell: re.Match[bytes], mask: ZeroMask | None, marks: Marks) -> None:
    if not _TEXT_TYPE.search(cell[1]) and (shown := shown_number(cell[2].decode(), mask)):
        _mark(cell, marks, shown)


def _mark(cell: re.Match[bytes], marks: Marks, text: str) -> None:
    if place := _REFERENCE.search(cell[1]):
        row, column = int(place[2]) - 1, _column(place[1])
        if text:
            marks.show(row, column, text)
        else:
            marks.doubt(row, column, NO_VALUE)


def _masks(styles: Iterator[Event]) -> dict[bytes, ZeroMask]:
    """Those of the styles that pad with zeros, by the number that cells give."""
    codes: dict[str, str] = {}
    masks: dict[bytes, ZeroMask] = {}
    is_cell, number = False, 0
    for element in styles:
        if element.name == "cellXfs":
            is_cell = element.begins
        elif element.begins and element.name == "numFmt":
            codes[element.attributes.get("numFmtId", "")] = element.attributes.get("formatCode", "")
        elif element.begins and is_cell and element.name == "xf":
            code = codes.get(element.attributes.get("numFmtId", ""), "")
            if code and (mask := zero_mask(code)):
                masks[str(number).encode()] = mask
            number += 1
    return masks


def _elements(archive: zipfile.ZipFile, part: str | None, name: str) -> Iterator[Event]:
    @contextmanager
    def opened() -> Iterator[IO[bytes]]:
        with archive.open(part or "") as stream:
            yield stream

    return read_events(Source(name, opened), "utf-8", lambda _: None) if part else iter(())


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number - 1
