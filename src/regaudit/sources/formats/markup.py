"""What platforms call `.xls` without being Excel: the tables of HTML pages."""

import codecs
import re
from html.parser import HTMLParser

from msgspec.structs import replace

from regaudit.base.errors import RefusedFileError
from regaudit.sources.formats.grids import Cells, Rows, gather, too_large, widen
from regaudit.sources.formats.marks import NO_VALUE, Marks, MarksOfSheets
from regaudit.sources.formats.numberformats import SHORTENED, full_number, whole_number
from regaudit.sources.formats.sheets import Sheet, open_sheets
from regaudit.sources.formats.streams import Source, open_text
from regaudit.sources.tables import OnBytes, Table

_CHUNK = 1 << 16
_LONGEST_TAG = 8 << 20
_MOST_SPANNED = 1_000
_MOST_BLANKS, _LONGEST_CELL, _MOST_NESTED = 20_000_000, 16 << 20, 100


def open_html(source: Source, encoding: str, known: frozenset[str], on_bytes: OnBytes) -> list[Table]:
    """The tables of an HTML page that are not blank, held whole; a single one has no name.

    Raises:
        RefusedFileError: the page holds no table, or is cut short.
    """
    marks = MarksOfSheets(source.name)
    cells = gather(_html_rows(source, encoding, marks), source.name)
    sheets = [Sheet(f"表{number + 1}", rows, marks[number]) for number, rows in cells.items()]
    found = [table for table in open_sheets(sheets, known, on_bytes) if table.columns]
    if not found:
        raise RefusedFileError(f"文件 {source.name} 是网页,其中没有表格:可能登录已过期,请重新导出")
    return [replace(found[0], name="", title=source.stem)] if len(found) == 1 else found


def _html_rows(source: Source, encoding: str, marks: MarksOfSheets) -> Rows:
    parser = _HtmlTables(marks, source.name)
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

    def __init__(self, number: int, marks: Marks, file_name: str) -> None:
        self.number = number
        self.marks = marks
        self.file_name = file_name
        self.row_no = self.blanks = self.length = 0
        self.row: Cells | None = None
        self.cell: list[str] | None = None
        self.value = ""
        self.awaits_value = False
        self.spans: dict[int, int] = {}
        self.across, self.down = 1, 1

    def end_cell(self) -> None:
        if self.row is None or self.cell is None:
            return
        text = "".join(self.cell).strip()
        self.fill_spans(self.row)
        at = len(self.row)
        shown = full_number(self.value) if self.value and SHORTENED.fullmatch(text) else text
        self.row.append(shown)
        self.add_blanks(self.row, self.across - 1)
        self.marks.merge(self.row_no, self.row_no + self.down - 1, at, at + self.across - 1)
        if self.awaits_value and not shown:
            self.marks.doubt(self.row_no, at, NO_VALUE)
        self.spans |= dict.fromkeys(range(at, at + self.across), self.down - 1) if self.down > 1 else {}
        self.cell = None

    def fill_spans(self, row: Cells) -> None:
        while self.spans.get(len(row), 0):
            self.spans[len(row)] -= 1
            self.add_blanks(row, 1)

    def add_blanks(self, row: Cells, count: int) -> None:
        widen(row, count, self.file_name, self.row_no)
        self.blanks += count
        if self.blanks > _MOST_BLANKS:
            raise too_large(self.file_name, self.row_no, len(row))

    def add_text(self, text: str) -> None:
        if self.cell is None:
            return
        self.cell.append(text)
        self.length += len(text)
        if self.length > _LONGEST_CELL:
            raise RefusedFileError(
                f"文件 {self.file_name} 第 {self.row_no + 1} 行的一个单元格超过 {_LONGEST_CELL >> 20} MB:"
                "请重新导出"
            )


class _HtmlTables(HTMLParser):
    """Collects the rows of all tables of a page, inner tables apart from outer ones."""

    def __init__(self, marks: MarksOfSheets, file_name: str) -> None:
        super().__init__(convert_charrefs=True)
        self._marks = marks
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
            self._open.append(_OpenTable(self._tables, self._marks[self._tables], self._file_name))
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
            table.awaits_value = "x:fmla" in given and "x:str" not in given
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
            self._rows.append((table.number, table.row))
            table.row = None
            table.row_no += 1


def _span(text: str | None) -> int:
    return min(max(whole_number(text), 1), _MOST_SPANNED)
