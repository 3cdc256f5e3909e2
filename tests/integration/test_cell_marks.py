"""What a workbook says of its cells beside their texts: merges, lost digits, zeros, errors, formulas."""

import re
import struct
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import xlsxwriter
import xlwt

from regaudit.base.errors import RefusedFileError
from regaudit.sources.formats import marks
from regaudit.sources.formats.marks import ACROSS, NO_VALUE, WITH_HEADER
from regaudit.sources.formats.open import open_export
from regaudit.sources.tables import ROW_NO, Doubt, Table

COLUMNS = ["业务号", "环节", "操作时间", "账号"]
KNOWN = frozenset(COLUMNS)
Grid = list[list[object]]
Merges = list[tuple[int, int, int, int]]
"""First and last row, first and last column."""
LOG: Grid = [
    [*COLUMNS],
    ["2026030001", "受理", "2026-03-02 09:00", "wangfang"],
    [None, "审核", "2026-03-02 10:00", None],
    [None, "登簿", "2026-03-03 11:00", None],
    ["2026030002", "受理", "2026-03-02 09:30", "liwei"],
]
FILLED = [
    ["2026030001", "受理", "2026-03-02 09:00", "wangfang"],
    ["2026030001", "审核", "2026-03-02 10:00", "wangfang"],
    ["2026030001", "登簿", "2026-03-03 11:00", "wangfang"],
    ["2026030002", "受理", "2026-03-02 09:30", "liwei"],
]
MERGED: Merges = [(1, 3, 0, 0), (1, 3, 3, 3)]
SS = "urn:schemas-microsoft-com:office:spreadsheet"


def as_xlsx(path: Path, grid: Grid, merges: Merges, at: int = 0) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("日志")
        for y, row in enumerate(grid):
            sheet.write_row(y, at, row)
        for top, bottom, left, right in merges:
            sheet.merge_range(top, at + left, bottom, at + right, "")
            sheet.write(top, at + left, grid[top][left])


def as_xls(path: Path, grid: Grid, merges: Merges, at: int = 0) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("日志")
    for y, row in enumerate(grid):
        for x, cell in enumerate(row):
            if cell is not None:
                sheet.write(y, at + x, cell)
    for top, bottom, left, right in merges:
        sheet.merge(top, bottom, at + left, at + right)
    book.save(str(path))


def spans(merges: Merges, y: int, x: int) -> tuple[int, int] | None:
    """Rows and columns that a cell covers; `None` where another covers it."""
    for top, bottom, left, right in merges:
        if top <= y <= bottom and left <= x <= right:
            return (bottom - top + 1, right - left + 1) if (y, x) == (top, left) else None
    return 1, 1


def as_html(path: Path, grid: Grid, merges: Merges, at: int = 0) -> None:
    rows = ""
    for y, row in enumerate(grid):
        rows += "<tr>" + "<td></td>" * at
        for x, cell in enumerate(row):
            if span := spans(merges, y, x):
                rows += f"<td rowspan={span[0]} colspan={span[1]}>{cell or ''}</td>"
        rows += "</tr>"
    path.write_text(f"<html><table>{rows}</table></html>", encoding="utf-8")


def as_spreadsheet_ml(path: Path, grid: Grid, merges: Merges, at: int = 0) -> None:
    rows = ""
    for y, row in enumerate(grid):
        rows += "<Row>"
        for x, cell in enumerate(row):
            if span := spans(merges, y, x):
                merged = f' ss:MergeDown="{span[0] - 1}" ss:MergeAcross="{span[1] - 1}"'
                data = f'<Data ss:Type="String">{cell}</Data>' if cell is not None else ""
                rows += f'<Cell ss:Index="{at + x + 1}"{merged if span != (1, 1) else ""}>{data}</Cell>'
        rows += "</Row>"
    path.write_text(workbook_ml(rows), encoding="utf-8")


def workbook_ml(rows: str, ahead: str = "") -> str:
    return (
        f'<?xml version="1.0"?><Workbook xmlns="{SS}" xmlns:ss="{SS}">{ahead}'
        f'<Worksheet ss:Name="日志"><Table>{rows}</Table></Worksheet></Workbook>'
    )


FORMATS: dict[str, Callable[..., None]] = {
    "xlsx": as_xlsx,
    "xls": as_xls,
    "html": as_html,
    "spreadsheet-ml": as_spreadsheet_ml,
}


def opened(path: Path) -> Table:
    [table] = open_export(path, lambda _: None, KNOWN)
    return table


def cells(table: Table) -> list[list[str]]:
    return [[c or "" for c in row] for b in table.read() for row in b.rows.drop(ROW_NO).iter_rows()]


def doubts(table: Table) -> list[Doubt]:
    return [doubt for batch in table.read() for doubt in batch.doubts]


def edited(path: Path, change: Callable[[str], str]) -> None:
    """Change the XML of a workbook's first sheet."""
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = change(parts[sheet].decode()).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, content)


@pytest.mark.parametrize("write", FORMATS.values(), ids=FORMATS)
class TestMerges:
    @pytest.mark.parametrize("at", [0, 2])
    def test_a_value_holds_for_every_row(self, tmp_path: Path, write: Callable[..., None], at: int) -> None:
        write(tmp_path / "a", LOG, MERGED, at)
        table = opened(tmp_path / "a")
        assert [row[-4:] for row in cells(table)] == FILLED
        assert doubts(table) == []

    def test_without_merges_blank_is_blank(self, tmp_path: Path, write: Callable[..., None]) -> None:
        write(tmp_path / "a", LOG, [])
        blank = [["" if cell is None else cell for cell in row] for row in LOG[1:]]
        assert cells(opened(tmp_path / "a")) == blank

    def test_titles_and_groups_above_the_data(self, tmp_path: Path, write: Callable[..., None]) -> None:
        header: Grid = [
            ["办件日志", None, None, None],
            ["业务号", "办理", None, "账号"],
            [None, *COLUMNS[1:3], None],
        ]
        above = [(0, 0, 0, 3), (1, 2, 0, 0), (1, 1, 1, 2), (1, 2, 3, 3)]
        below = [(top + 2, bottom + 2, left, right) for top, bottom, left, right in MERGED]
        write(tmp_path / "a", [*header, *LOG[1:]], [*above, *below])
        table = opened(tmp_path / "a")
        assert table.columns == COLUMNS
        assert cells(table) == FILLED
        assert doubts(table) == []

    def test_rows_of_double_height_are_one(self, tmp_path: Path, write: Callable[..., None]) -> None:
        tall: Grid = [LOG[0], LOG[1], [None] * 4, LOG[4]]
        write(tmp_path / "a", tall, [(1, 2, n, n) for n in range(4)])
        assert [row for row in cells(opened(tmp_path / "a")) if any(row)] == [FILLED[0], FILLED[3]]

    def test_a_value_across_columns_is_told(self, tmp_path: Path, write: Callable[..., None]) -> None:
        log: Grid = [LOG[0], LOG[1], ["2026030003", "审核", "2026-03-02 10:00", None]]
        write(tmp_path / "a", log, [(2, 2, 2, 3)])
        assert doubts(opened(tmp_path / "a")) == [Doubt(3, "账号", ACROSS)]

    def test_a_value_across_a_column_without_a_name(self, tmp_path: Path, write: Callable[..., None]) -> None:
        log: Grid = [[*COLUMNS, None], ["1", "受理", "2026-03-02 09:00", "liwei", None]]
        write(tmp_path / "a", log, [(0, 0, 3, 4), (1, 1, 3, 4)])
        table = opened(tmp_path / "a")
        assert [row[:4] for row in cells(table)] == [["1", "受理", "2026-03-02 09:00", "liwei"]]
        assert doubts(table) == []

    def test_data_under_the_header_s_own_merge_is_told(
        self, tmp_path: Path, write: Callable[..., None]
    ) -> None:
        log: Grid = [
            LOG[0],
            ["1", "受理", "2026-03-02 09:00", None],
            ["2", "受理", "2026-03-02 09:30", "liwei"],
        ]
        write(tmp_path / "a", log, [(0, 1, 3, 3)])
        assert doubts(opened(tmp_path / "a")) == [Doubt(2, "账号", WITH_HEADER)]


def test_a_merge_as_long_as_a_sheet_fills_the_rows_that_are(tmp_path: Path) -> None:
    as_xlsx(tmp_path / "a", LOG, [])
    merge = '<mergeCells count="2"><mergeCell ref="A2:A1048576"/><mergeCell ref="A2:A1048576"/></mergeCells>'
    edited(tmp_path / "a", lambda xml: xml.replace("</sheetData>", "</sheetData>" + merge))
    assert [row[0] for row in cells(opened(tmp_path / "a"))] == ["2026030001"] * 4


def test_marks_anywhere_in_a_large_sheet(tmp_path: Path) -> None:
    rows: Grid = [[f"A{n}", "受理", "2026-03-02 09:00", "x" * 40] for n in range(1, 30_001)]
    for n in range(0, 30_000, 2_500):
        rows[n][0] = 150602202603020001 + n
    as_xlsx(
        tmp_path / "a", [LOG[0], *rows, ["B", "审核", "2026-03-02 10:00", None]], [(30_000, 30_001, 3, 3)]
    )
    read = cells(opened(tmp_path / "a"))
    assert [n for n, row in enumerate(read) if row[0].startswith("1.506022")] == list(range(0, 30_000, 2_500))
    assert read[-1] == ["B", "审核", "2026-03-02 10:00", "x" * 40]


def test_more_marks_than_can_be_meant_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "_MOST_MARKS", 10)
    as_xls(tmp_path / "a", [*LOG, *([["1", "受理", 1e17, "x"]] * 11)], [])
    with pytest.raises(RefusedFileError, match="处合并单元格、公式或错误值"):
        open_export(tmp_path / "a", lambda _: None, KNOWN)


def number_ml(path: Path, number: str) -> None:
    heads = "".join(f'<Cell><Data ss:Type="String">{name}</Data></Cell>' for name in COLUMNS)
    data = (
        f'<Cell><Data ss:Type="Number">{number}</Data></Cell><Cell><Data ss:Type="String">受理</Data></Cell>'
    )
    path.write_text(workbook_ml(f"<Row>{heads}</Row><Row>{data}</Row>"), encoding="utf-8")


def number_html(path: Path, number: str) -> None:
    row = f'<tr><td x:num="{number}">1.50602E+17</td><td>受理</td></tr>'
    heads = "".join(f"<td>{name}</td>" for name in COLUMNS)
    path.write_text(f"<table><tr>{heads}</tr>{row}</table>", encoding="utf-8")


def number_xlsx(path: Path, number: str) -> None:
    as_xlsx(path, [LOG[0], [1, "受理"]], [])
    edited(path, lambda xml: xml.replace('"A2"><v>1<', f'"A2"><v>{number}<'))


def number_xls(path: Path, number: str) -> None:
    as_xls(path, [LOG[0], [float(number), "受理"]], [])


NUMBERS: dict[str, Callable[[Path, str], None]] = {
    "xlsx": number_xlsx,
    "xls": number_xls,
    "html": number_html,
    "spreadsheet-ml": number_ml,
}


@pytest.mark.parametrize("write", NUMBERS.values(), ids=NUMBERS)
@pytest.mark.parametrize(
    ("number", "read"),
    [
        ("150602202603020001", "1.50602202603020E+17"),
        ("1.5060220260302E+17", "1.50602202603020E+17"),
        ("1506022026030200", "1.50602202603020E+15"),
        ("150602202603021", "150602202603021"),
    ],
)
def test_a_number_of_more_digits_than_a_workbook_keeps(
    tmp_path: Path, write: Callable[[Path, str], None], number: str, read: str
) -> None:
    write(tmp_path / "a", number)
    assert cells(opened(tmp_path / "a"))[0][0] == read


@pytest.mark.parametrize("write", FORMATS.values(), ids=FORMATS)
def test_an_id_that_is_text_keeps_all_its_digits(tmp_path: Path, write: Callable[..., None]) -> None:
    write(tmp_path / "a", [LOG[0], ["150602202603020001", "受理", "2026-03-02", "a"]], [])
    assert cells(opened(tmp_path / "a"))[0][0] == "150602202603020001"


PADDED = {"000000": "000123", '"D"00000': "D00123", "00-0000": "00-0123", "00000;-00000": "00123", "0": "123"}


def padded_xlsx(path: Path, code: str) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("日志")
        sheet.write_row(0, 0, COLUMNS)
        sheet.write_number(1, 0, 123, book.add_format({"num_format": code}))
        sheet.write_datetime(
            1, 2, datetime(2026, 3, 2, 9), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        )


def padded_xls(path: Path, code: str) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("日志")
    for x, name in enumerate(COLUMNS):
        sheet.write(0, x, name)
    sheet.write(1, 0, 123, xlwt.easyxf(num_format_str=code))
    sheet.write(1, 2, datetime(2026, 3, 2, 9), xlwt.easyxf(num_format_str="yyyy-mm-dd hh:mm"))
    book.save(str(path))


def padded_ml(path: Path, code: str) -> None:
    quoted = code.replace('"', "&quot;")
    styles = f'<Styles><Style ss:ID="s1"><NumberFormat ss:Format="{quoted}"/></Style></Styles>'
    heads = "".join(f'<Cell><Data ss:Type="String">{name}</Data></Cell>' for name in COLUMNS)
    number = '<Cell><Data ss:Type="Number">123</Data></Cell>'
    time = '<Cell ss:Index="3"><Data ss:Type="DateTime">2026-03-02T09:00:00.000</Data></Cell>'
    rows = f'<Column ss:StyleID="s1"/><Row>{heads}</Row><Row>{number}{time}</Row>'
    path.write_text(workbook_ml(rows, styles), encoding="utf-8")


@pytest.mark.parametrize("write", [padded_xlsx, padded_xls, padded_ml])
@pytest.mark.parametrize(("code", "shown"), PADDED.items())
def test_zeros_that_a_format_shows(
    tmp_path: Path, write: Callable[[Path, str], None], code: str, shown: str
) -> None:
    write(tmp_path / "a", code)
    assert cells(opened(tmp_path / "a")) == [[shown, "", "2026-03-02 09:00:00", ""]]


def test_errors_are_shown_as_they_stand(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        sheet = book.add_worksheet("日志")
        sheet.write_row(0, 0, COLUMNS)
        sheet.write_row(1, 0, ["1", "受理"])
        sheet.write_formula(1, 2, "=NA()", None, "#N/A")
        sheet.write_formula(1, 3, "=B9+#REF!", None, "#REF!")
    old = xlwt.Workbook()
    page = old.add_sheet("日志")
    for x, name in enumerate(COLUMNS):
        page.write(0, x, name)
    page.write(1, 0, "1")
    page.write(1, 1, "受理")
    page.row(1).set_cell_error(2, "#N/A!")
    page.row(1).set_cell_error(3, "#REF!")
    old.save(str(tmp_path / "a.xls"))
    for name in ("a.xlsx", "a.xls"):
        assert cells(opened(tmp_path / name)) == [["1", "受理", "#N/A", "#REF!"]]


def formulas_xlsx(path: Path, results: list[str]) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("日志")
        sheet.write_row(0, 0, COLUMNS)
        for y, result in enumerate(results, start=1):
            sheet.write_row(y, 0, [f"A{y}", "受理", "2026-03-02 09:00"])
            sheet.write_formula(y, 3, "=A1", None, result)


@pytest.mark.parametrize("value", ["", "<v></v>", "<v/>"])
def test_formulas_without_a_result_in_xlsx(tmp_path: Path, value: str) -> None:
    formulas_xlsx(tmp_path / "a", ["liwei", "zhao", ""])

    def without_one(xml: str) -> str:
        xml = xml.replace('"D4"><f>', '"D4" t="str"><f>')
        return re.sub(r' t="str"(><f>A1</f>)<v>liwei</v>', rf"\1{value}", xml)

    edited(tmp_path / "a", without_one)
    table = opened(tmp_path / "a")
    assert [row[3] for row in cells(table)] == ["", "zhao", ""]
    assert doubts(table) == [Doubt(2, "账号", NO_VALUE)]


def test_formulas_without_a_result_in_xls(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("日志")
    for y, row in enumerate(LOG):
        for x, cell in enumerate(row):
            if cell is not None:
                sheet.write(y, x, cell)
    sheet.write(2, 3, xlwt.Formula("D2"))
    sheet.write(3, 3, xlwt.Formula("D2"))
    book.save(str(tmp_path / "a.xls"))
    assert doubts(opened(tmp_path / "a.xls")) == [Doubt(3, "账号", NO_VALUE), Doubt(4, "账号", NO_VALUE)]
    # Where any result is stored, a blank one is the blank text that the formula gave.
    content = (tmp_path / "a.xls").read_bytes()
    blank = b"\x03\x00\x00\x00\x00\x00\xff\xff"
    (tmp_path / "b.xls").write_bytes(content.replace(blank, struct.pack("<d", 7.0), 1))
    assert doubts(opened(tmp_path / "b.xls")) == []


def test_formulas_without_a_result_in_markup(tmp_path: Path) -> None:
    heads = "".join(f'<Cell><Data ss:Type="String">{name}</Data></Cell>' for name in COLUMNS)
    data = '<Cell><Data ss:Type="String">A1</Data></Cell><Cell ss:Index="4" ss:Formula="=R1C1"/>'
    (tmp_path / "a.xml").write_text(workbook_ml(f"<Row>{heads}</Row><Row>{data}</Row>"), encoding="utf-8")
    row = "<tr><td>A1</td><td>受理</td><td></td><td x:fmla='=A1'></td></tr>"
    blank = "<tr><td>A2</td><td>受理</td><td></td><td x:str='' x:fmla='=A1'></td></tr>"
    cols = "".join(f"<td>{name}</td>" for name in COLUMNS)
    (tmp_path / "a.html").write_text(f"<table><tr>{cols}</tr>{row}{blank}</table>", encoding="utf-8")
    for name in ("a.xml", "a.html"):
        assert doubts(opened(tmp_path / name)) == [Doubt(2, "账号", NO_VALUE)]


def test_formulas_filled_down_in_advance_are_no_rows(tmp_path: Path) -> None:
    formulas_xlsx(tmp_path / "a", ["liwei"])
    ahead = "".join(f'<row r="{n}"><c r="D{n}"><f>A{n}</f></c></row>' for n in range(3, 60))
    edited(tmp_path / "a", lambda xml: xml.replace("</sheetData>", ahead + "</sheetData>"))
    assert doubts(opened(tmp_path / "a")) == []


def test_rows_of_nothing_but_formulas_are_told(tmp_path: Path) -> None:
    formulas_xlsx(tmp_path / "a", ["liwei"])
    row = '<row r="3"><c r="A3"><f>B1</f></c><c r="B3"><f>B1</f></c><c r="C3"><f>C1</f></c></row>'
    edited(tmp_path / "a", lambda xml: xml.replace("</sheetData>", row + "</sheetData>"))
    assert [doubt.row_no for doubt in doubts(opened(tmp_path / "a"))] == [3, 3, 3]


def test_elements_with_a_prefix(tmp_path: Path) -> None:
    as_xlsx(tmp_path / "a", [LOG[0], [150602202603020001, *LOG[1][1:]], *LOG[2:]], MERGED)

    def prefixed(xml: str) -> str:
        xml = re.sub(r"<(/?)(?!\?)", r"<\1x:", xml)
        return xml.replace('xmlns="', 'xmlns:x="')

    edited(tmp_path / "a", prefixed)
    assert [row[0] for row in cells(opened(tmp_path / "a"))][:3] == ["1.50602202603020E+17"] * 3


@pytest.mark.parametrize("from_1904", [True, False])
def test_whether_days_count_from_1904(tmp_path: Path, from_1904: bool) -> None:
    with xlsxwriter.Workbook(tmp_path / "a.xlsx", {"date_1904": from_1904}) as book:
        book.add_worksheet("日志").write_row(0, 0, COLUMNS)
    old = xlwt.Workbook()
    old.dates_1904 = from_1904
    for x, name in enumerate(COLUMNS):
        (old.add_sheet("日志") if x == 0 else old.get_sheet(0)).write(0, x, name)
    old.save(str(tmp_path / "a.xls"))
    mark = "<ExcelWorkbook><Date1904/></ExcelWorkbook>" if from_1904 else ""
    heads = "".join(f'<Cell><Data ss:Type="String">{name}</Data></Cell>' for name in COLUMNS)
    (tmp_path / "a.xml").write_text(workbook_ml(f"<Row>{heads}</Row>", mark), encoding="utf-8")
    for name in ("a.xlsx", "a.xls", "a.xml"):
        assert opened(tmp_path / name).counts_from_1904 is from_1904
