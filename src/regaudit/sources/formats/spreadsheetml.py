"""SpreadsheetML 2003, which platforms call `.xls` or `.xml`."""

from collections.abc import Iterator

import polars as pl

from regaudit.base.errors import RefusedFileError
from regaudit.sources.formats.grids import Cells, Rows, gather, widen
from regaudit.sources.formats.marks import NO_VALUE, MarksOfSheets
from regaudit.sources.formats.numberformats import (
    ZeroMask,
    full_number,
    shown_number,
    whole_number,
    zero_mask,
)
from regaudit.sources.formats.sheets import Sheet, open_sheets
from regaudit.sources.formats.streams import Source
from regaudit.sources.formats.xmlevents import Event, read_events
from regaudit.sources.tables import OnBytes, Table

_MOST_COLUMNS = 16_384
_MOST_ROWS = 2_000_000


def open_spreadsheet_ml(
    source: Source, encoding: str, known: frozenset[str], on_bytes: OnBytes
) -> list[Table]:
    """The worksheets of an XML spreadsheet that are not blank, held whole.

    Raises:
        RefusedFileError: it is not well-formed, or cut short.
    """
    reader = _SheetRows(source.name)
    cells = gather(reader.rows(read_events(source, encoding, lambda _: None, whole="Data")), source.name)
    sheets = [
        Sheet(
            title or f"表{number + 1}",
            cells.get(number, pl.DataFrame()),
            reader.marks[number],
            counts_from_1904=reader.counts_from_1904,
        )
        for number, title in enumerate(reader.titles)
    ]
    return open_sheets(sheets, known, on_bytes)


class _SheetRows:
    """The rows of the worksheets of an XML spreadsheet, with what it says of them on the way."""

    def __init__(self, name: str) -> None:
        self.titles: list[str] = []
        self.marks = MarksOfSheets(name)
        self.counts_from_1904 = False
        self._name = name
        self._masks: dict[str, ZeroMask] = {}
        self._columns: dict[int, str] = {}
        self._row: Cells = []
        self._cell: dict[str, str] = {}
        self._row_no, self._column_no = 0, 0
        self._style, self._row_style, self._kind = "", "", ""
        self._is_noted = False

    def rows(self, events: Iterator[Event]) -> Rows:
        """Rows with the number of their worksheet."""
        for event in events:
            if event.name == "Row" and event.begins:
                gap = _gap(event.attributes, self._row_no, _MOST_ROWS, self._name)
                yield from ((len(self.titles) - 1, []) for _ in range(gap))
                self._row_no, self._row = self._row_no + gap + 1, []
                self._row_style = event.attributes.get("StyleID", "")
            elif event.name == "Row":
                yield len(self.titles) - 1, self._row
            elif event.name == "Comment":
                self._is_noted = event.begins
            elif event.begins:
                self._begin(event.name, event.attributes)
            elif event.name == "Cell":
                self._end_cell()
            elif event.name == "Data" and self._row and not self._is_noted:
                column = len(self._row) - 1
                style = self._cell.get("StyleID") or self._row_style or self._columns.get(column, "")
                self._row[-1] = _value(event.text, self._kind, self._masks.get(style))

    def _begin(self, name: str, given: dict[str, str]) -> None:
        if name == "Data":
            self._kind = given.get("Type", "")
        elif name == "Cell":
            self._cell = given
            gap = _gap(given, len(self._row), _MOST_COLUMNS, self._name)
            widen(self._row, gap + 1, self._name, self._row_no)
        elif name == "Worksheet":
            self.titles.append(given.get("Name", ""))
            self._row_no, self._column_no, self._columns = 0, 0, {}
        elif name == "Column":
            self._note_column(given)
        elif name == "Style":
            self._style = given.get("ID", "")
        elif name == "NumberFormat" and (mask := zero_mask(given.get("Format", ""))):
            self._masks[self._style] = mask
        elif name == "Date1904":
            self.counts_from_1904 = True

    def _note_column(self, given: dict[str, str]) -> None:
        """The style of columns, which holds for those of their cells that have none."""
        first = self._column_no + _gap(given, self._column_no, _MOST_COLUMNS, self._name)
        self._column_no = first + 1 + _count(given.get("Span"), _MOST_COLUMNS, self._name)
        if given.get("StyleID", "") in self._masks:
            self._columns |= dict.fromkeys(range(first, self._column_no), given["StyleID"])

    def _end_cell(self) -> None:
        row_no, at, marks = self._row_no - 1, len(self._row) - 1, self.marks[len(self.titles) - 1]
        across = _count(self._cell.get("MergeAcross"), _MOST_COLUMNS, self._name)
        down = _count(self._cell.get("MergeDown"), _MOST_ROWS, self._name)
        marks.merge(row_no, row_no + down, at, at + across)
        if "Formula" in self._cell and self._row[at] is None:
            marks.doubt(row_no, at, NO_VALUE)
        widen(self._row, across, self._name, self._row_no)


def _gap(attributes: dict[str, str], done: int, most: int, name: str) -> int:
    """How many rows or cells are left out before one that tells its number."""
    given = attributes.get("Index")
    return max(_count(given, most, name) - done - 1, 0) if given else 0


def _count(text: str | None, most: int, name: str) -> int:
    count = whole_number(text)
    if count > most:
        raise RefusedFileError(f"文件 {name} 的行列编号 {count} 超出工作表的范围:请重新导出")
    return count


def _value(text: str, kind: str, mask: ZeroMask | None) -> str:
    if kind == "DateTime":
        shown = text.replace("T", " ").removesuffix(".000")
        return shown.removeprefix("1899-12-31 ").removesuffix(" 00:00:00")
    if kind == "Boolean":
        return {"1": "true", "0": "false"}.get(text, text)
    if kind == "Number":
        return shown_number(text, mask) or full_number(text)
    return text
