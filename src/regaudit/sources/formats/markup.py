"""What platforms call `.xls` without being Excel: HTML tables and SpreadsheetML 2003."""

import codecs
import re
from collections.abc import Iterator
from decimal import Decimal
from html.parser import HTMLParser

from msgspec.structs import replace

from regaudit.base.errors import RefusedFileError
from regaudit.sources.formats.grids import Cells, gather, open_cells, too_large, widen
from regaudit.sources.formats.streams import Source, open_text
from regaudit.sources.formats.xmlevents import read_events
from regaudit.sources.tables import OnBytes, Table

_CHUNK = 1 << 16
_LONGEST_TAG = 8 << 20
_MOST_COLUMNS = 16_384
_MOST_ROWS = 2_000_000
_MOST_SPANNED = 1_000
_MOST_BLANKS, _LONGEST_CELL, _MOST_NESTED = 20_000_000, 16 << 20, 100
_NUMBER = re.compile(r"[0-9]{1,8}")
_SHORTENED = re.compile(r"-?[0-9](?:\.[0-9]{1,20})?E\+?[0-9]{1,2}")
"""A number as Excel shows it in a narrow column; the number itself stands in an attribute."""
Rows = Iterator[tuple[int, Cells]]


def open_html(source: Source, encoding: str, known: frozenset[str], on_bytes: OnBytes) -> list[Table]:
    """The tables of an HTML page that are not blank, held whole; a single one has no name.

    Raises:
        RefusedFileError: the page holds no table, or is cut short.
    """
    sheets = gather(_html_rows(source, encoding), source.name)
    tables = {number: open_cells(cells, known, on_bytes) for number, cells in sheets.items()}
    found = [(f"表{number + 1}", table) for number, table in tables.items() if table is not None]
    if not found:
        raise RefusedFileError(f"文件 {source.name} 是网页,其中没有表格:可能登录已过期,请重新导出")
    if len(found) == 1:
        return [replace(found[0][1], title=source.stem)]
    return [replace(table, name=name, title=name) for name, table in found]


def open_spreadsheet_ml(
    source: Source, encoding: str, known: frozenset[str], on_bytes: OnBytes
) -> list[Table]:
    """The worksheets of an XML spreadsheet that are not blank, held whole.

    Raises:
        RefusedFileError: it is not well-formed, or cut short.
    """
    names: list[str] = []
    sheets = gather(_sheet_rows(source, encoding, names), source.name)
    tables = {number: open_cells(cells, known, on_bytes) for number, cells in sheets.items()}
    return [
        replace(table, name=names[number] or f"表{number + 1}", title=names[number])
        for number, table in tables.items()
        if table is not None
    ]


def _html_rows(source: Source, encoding: str) -> Rows:
    parser = _HtmlTables(source.name)
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    try:
        with open_text(source, encoding, lambda _: None) as text:
            while chunk := text.read(_CHUNK):
                parser.feed(decoder.decode(chunk))
                if len(parser.rawdata) > _LONGEST_TAG:
                    raise RefusedFileError(f"文件 {source.name} 的 HTML 标记不完整:请重新导出")
                yield from parser.taken()
        parser.close()
    except AssertionError as error:
        # The standard parser asserts what a damaged declaration does not hold.
        raise RefusedFileError(f"文件 {source.name} 的 HTML 已损坏({error}):请重新导出") from error
    yield from parser.taken()
    if parser.is_open:
        raise RefusedFileError(f"文件 {source.name} 不完整:表格没有结束,请重新导出或重新传输")


class _OpenTable:
    """A table being read: its number, the row and the cell it stands in, and cells that reach down."""

    def __init__(self, number: int, file_name: str) -> None:
        self.number = number
        self.file_name = file_name
        self.rows = self.blanks = self.length = 0
        self.row: Cells | None = None
        self.cell: list[str] | None = None
        self.value = ""
        self.spans: dict[int, int] = {}
        self.across, self.down = 1, 1

    def end_cell(self) -> None:
        if self.row is None or self.cell is None:
            return
        text = "".join(self.cell).strip()
        self.fill_spans(self.row)
        at = len(self.row)
        shown = self.value if self.value and _SHORTENED.fullmatch(text) else text
        self.row.append(shown)
        self.add_blanks(self.row, self.across - 1)
        self.spans |= dict.fromkeys(range(at, at + self.across), self.down - 1) if self.down > 1 else {}
        self.cell = None

    def fill_spans(self, row: Cells) -> None:
        while self.spans.get(len(row), 0):
            self.spans[len(row)] -= 1
            self.add_blanks(row, 1)

    def add_blanks(self, row: Cells, count: int) -> None:
        widen(row, count, self.file_name, self.rows)
        self.blanks += count
        if self.blanks > _MOST_BLANKS:
            raise too_large(self.file_name, self.rows, len(row))

    def add_text(self, text: str) -> None:
        if self.cell is None:
            return
        self.cell.append(text)
        self.length += len(text)
        if self.length > _LONGEST_CELL:
            raise RefusedFileError(
                f"文件 {self.file_name} 第 {self.rows + 1} 行的一个单元格超过 {_LONGEST_CELL >> 20} MB:"
                "请重新导出"
            )


class _HtmlTables(HTMLParser):
    """Collects the rows of all tables of a page, inner tables apart from outer ones."""

    def __init__(self, file_name: str) -> None:
        super().__init__(convert_charrefs=True)
        self._file_name = file_name
        self._open: list[_OpenTable] = []
        self._rows: list[tuple[int, Cells]] = []
        self._tables = 0

    @property
    def is_open(self) -> bool:
        """Whether a table has not ended."""
        return bool(self._open)

    def taken(self) -> list[tuple[int, Cells]]:
        """The rows that ended since this was asked last."""
        taken, self._rows = self._rows, []
        return taken

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a table, a row or a cell; what was open and cannot hold it ends."""
        if tag == "table":
            self._open.append(_OpenTable(self._tables, self._file_name))
            if len(self._open) > _MOST_NESTED:
                raise RefusedFileError(f"文件 {self._file_name} 的表格嵌套超过 {_MOST_NESTED} 层:请重新导出")
            self._tables += 1
        if not self._open:
            return
        table = self._open[-1]
        if tag == "tr":
            self._end_row(table)
            table.row = []
        elif tag in ("td", "th"):
            table.end_cell()
            table.row = [] if table.row is None else table.row
            given = dict(attrs)
            table.length = 0
            table.cell, table.value = [], given.get("x:num") or ""
            table.across, table.down = _span(given.get("colspan")), _span(given.get("rowspan"))
        elif tag == "br":
            table.add_text("\n")

    def handle_endtag(self, tag: str) -> None:
        """End a cell, a row or a table."""
        if not self._open:
            return
        table = self._open[-1]
        if tag in ("td", "th"):
            table.end_cell()
        elif tag == "tr":
            self._end_row(table)
        elif tag == "table":
            self._end_row(table)
            self._open.pop()

    def handle_data(self, data: str) -> None:
        """Text of the innermost cell; scripts and styles are none."""
        if self._open and self._open[-1].cell is not None and self.cdata_elem is None:
            self._open[-1].add_text(re.sub(r"[ \t\r\n\f]+", " ", data))

    def _end_row(self, table: _OpenTable) -> None:
        table.end_cell()
        if table.row is not None:
            table.fill_spans(table.row)
            while table.row and not table.row[-1]:
                table.row.pop()
            table.rows += 1
            self._rows.append((table.number, table.row))
            table.row = None


def _span(text: str | None) -> int:
    return min(max(_number(text), 1), _MOST_SPANNED)


def _sheet_rows(source: Source, encoding: str, names: list[str]) -> Rows:
    """Rows with the number of their worksheet; adds the worksheets' names to `names` on the way."""
    sheet, row_no = -1, 0
    row: Cells = []
    cell: dict[str, str] = {}
    kind, noted = "", False
    for event in read_events(source, encoding, lambda _: None, whole="Data"):
        if event.name == "Worksheet" and event.begins:
            sheet, row_no = sheet + 1, 0
            names.append(event.attributes.get("Name", ""))
        elif event.name == "Row" and event.begins:
            yield from ((sheet, []) for _ in range(_gap(event.attributes, row_no, _MOST_ROWS, source.name)))
            row_no, row = row_no + _gap(event.attributes, row_no, _MOST_ROWS, source.name) + 1, []
        elif event.name == "Row":
            yield sheet, row
        elif event.name == "Cell" and event.begins:
            cell = event.attributes
            widen(row, _gap(cell, len(row), _MOST_COLUMNS, source.name) + 1, source.name, row_no)
        elif event.name == "Cell":
            widen(row, _count(cell.get("MergeAcross"), _MOST_COLUMNS, source.name), source.name, row_no)
        elif event.name == "Comment":
            noted = event.begins
        elif event.name == "Data" and event.begins:
            kind = event.attributes.get("Type", "")
        elif event.name == "Data" and row and not noted:
            row[-1] = _value(event.text, kind)


def _gap(attributes: dict[str, str], done: int, most: int, name: str) -> int:
    """How many rows or cells are left out before one that tells its number."""
    given = attributes.get("Index")
    return max(_count(given, most, name) - done - 1, 0) if given else 0


def _count(text: str | None, most: int, name: str) -> int:
    count = _number(text)
    if count > most:
        raise RefusedFileError(f"文件 {name} 的行列编号 {count} 超出工作表的范围:请重新导出")
    return count


def _number(text: str | None) -> int:
    return int(text) if text and _NUMBER.fullmatch(text) else 0


def _value(text: str, kind: str) -> str:
    if kind == "DateTime":
        shown = text.replace("T", " ").removesuffix(".000")
        return shown.removeprefix("1899-12-31 ").removesuffix(" 00:00:00")
    if kind == "Boolean":
        return {"1": "true", "0": "false"}.get(text, text)
    if kind == "Number" and _SHORTENED.fullmatch(text):
        return f"{Decimal(text):f}"
    return text
