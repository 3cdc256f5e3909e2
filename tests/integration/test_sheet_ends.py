"""Where tables begin and end: sheets that go on without a header, footers, and what holds no table."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
import xlwt

from regaudit.sources.formats.open import open_export, open_whole
from regaudit.sources.tables import BLANK_SHEET, ROW_NO, Table

COLUMNS = ["业务号", "区县代码", "环节", "操作时间", "账号", "原因"]
KNOWN = frozenset(COLUMNS)
Grid = list[list[str]]


def log(first: int, count: int) -> Grid:
    return [
        [f"20260300{n:02}", "150602", "受理", f"2026-03-02 09:{n:02}", f"u{n}", ""]
        for n in range(first, first + count)
    ]


def as_xlsx(path: Path, sheets: dict[str, Grid]) -> None:
    with xlsxwriter.Workbook(path) as book:
        for title, grid in sheets.items():
            sheet = book.add_worksheet(title)
            for y, row in enumerate(grid):
                for x, cell in enumerate(row):
                    if cell:
                        sheet.write_string(y, x, cell)


def as_xls(path: Path, sheets: dict[str, Grid]) -> None:
    book = xlwt.Workbook()
    for title, grid in sheets.items():
        sheet = book.add_sheet(title)
        for y, row in enumerate(grid):
            for x, cell in enumerate(row):
                if cell:
                    sheet.write(y, x, cell)
    book.save(str(path))


def as_spreadsheet_ml(path: Path, sheets: dict[str, Grid]) -> None:
    body = ""
    for title, grid in sheets.items():
        rows = ("".join(f'<Cell><Data ss:Type="String">{c}</Data></Cell>' for c in row) for row in grid)
        table = "".join(f"<Row>{row}</Row>" for row in rows)
        body += f'<Worksheet ss:Name="{title}"><Table>{table}</Table></Worksheet>'
    space = "urn:schemas-microsoft-com:office:spreadsheet"
    path.write_text(
        f'<?xml version="1.0"?><Workbook xmlns="{space}" xmlns:ss="{space}">{body}</Workbook>',
        encoding="utf-8",
    )


def as_html(path: Path, sheets: dict[str, Grid]) -> None:
    body = ""
    for grid in sheets.values():
        rows = ("".join(f"<td>{cell}</td>" for cell in row) for row in grid)
        body += f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"
    path.write_text(f"<html>{body}</html>", encoding="utf-8")


def as_csv(path: Path, sheets: dict[str, Grid]) -> None:
    plain = io.StringIO()
    [grid] = sheets.values()
    pl.DataFrame(grid, orient="row").write_csv(plain, include_header=False)
    path.write_text(plain.getvalue(), encoding="utf-8")


WORKBOOKS: dict[str, Callable[[Path, dict[str, Grid]], None]] = {
    "xlsx": as_xlsx,
    "xls": as_xls,
    "spreadsheet-ml": as_spreadsheet_ml,
}
GRIDS = WORKBOOKS | {"html": as_html, "csv": as_csv}


def opened(path: Path) -> list[Table]:
    return open_export(path, lambda _: None, KNOWN)


def rows(table: Table) -> dict[int, list[str]]:
    """Row number → cells, blank rows left out."""
    read = (row for batch in table.read() for row in batch.rows.iter_rows())
    return {number: [c or "" for c in cells] for number, *cells in read if any(cells)}


def footers(table: Table) -> list[int]:
    return [footer.row_no for batch in table.read() for footer in batch.footers]


@pytest.mark.parametrize("write", WORKBOOKS.values(), ids=WORKBOOKS)
class TestContinuations:
    def test_a_sheet_without_a_header_has_that_of_the_one_before(
        self, tmp_path: Path, write: Callable[..., None]
    ) -> None:
        sheets = {"DJ_SLSQ": [["日志"], COLUMNS, *log(1, 3)], "Sheet2": log(4, 2), "Sheet3": log(6, 1)}
        write(tmp_path / "a", sheets)
        tables = opened(tmp_path / "a")
        assert [(t.name, t.title, t.continues) for t in tables] == [
            ("DJ_SLSQ", "DJ_SLSQ", ""),
            ("Sheet2", "DJ_SLSQ", "DJ_SLSQ"),
            ("Sheet3", "DJ_SLSQ", "Sheet2"),
        ]
        assert {tuple(table.columns) for table in tables} == {tuple(COLUMNS)}
        assert rows(tables[1]) == dict(enumerate(log(4, 2), start=1))
        assert rows(tables[2]) == dict(enumerate(log(6, 1), start=1))

    def test_its_last_columns_may_be_blank(self, tmp_path: Path, write: Callable[..., None]) -> None:
        first = [[*row[:5], "说明"] for row in log(1, 3)]
        write(tmp_path / "a", {"一": [COLUMNS, *first], "二": log(4, 2)})
        assert rows(opened(tmp_path / "a")[1]) == dict(enumerate(log(4, 2), start=1))

    def test_its_first_column_may_be_blank(self, tmp_path: Path, write: Callable[..., None]) -> None:
        columns = ["原因", *COLUMNS[:5]]
        moved = [["", *row[:5]] for row in log(4, 2)]
        write(tmp_path / "a", {"一": [columns, *([["补件", *row[:5]] for row in log(1, 3)])], "二": moved})
        assert rows(opened(tmp_path / "a")[1]) == dict(enumerate(moved, start=1))

    def test_a_header_and_a_footer_in_it_are_no_rows(
        self, tmp_path: Path, write: Callable[..., None]
    ) -> None:
        second = [*log(4, 2), COLUMNS, *log(6, 1), ["共 6 条记录", *[""] * 5]]
        write(tmp_path / "a", {"一": [COLUMNS, *log(1, 3)], "二": second})
        table = opened(tmp_path / "a")[1]
        assert list(rows(table)) == [1, 2, 4]
        assert footers(table) == [5]

    @pytest.mark.parametrize(
        "other",
        [
            [COLUMNS, *log(4, 2)],
            [["编码", "名称", "说明"], ["100", "首次登记", "一"], ["200", "转移登记", "二"]],
            [
                ["u1", "张三", "150602", "登记中心", "审核", ""],
                ["u2", "李四", "150602", "登记中心", "受理", ""],
            ],
            [[*row, "更多"] for row in log(4, 2)],
            [["2026-03-02 09:00", "150602", "受理", "2026030001", "u1", ""]],
            [["本表由平台导出"]],
        ],
    )
    def test_another_table_is_none(self, tmp_path: Path, write: Callable[..., None], other: Grid) -> None:
        write(tmp_path / "a", {"一": [COLUMNS, *log(1, 3)], "二": other})
        assert [table.continues for table in opened(tmp_path / "a")] == ["", ""]


def test_a_full_sheet_may_change_a_little(tmp_path: Path) -> None:
    full = [["1", "150602", "受理", "2026-03-02 09:00", "u1", ""]] * 1_000
    odd = [["鄂-1", "150602", "受理", "2026-03-02 09:00", "u1", ""]]
    as_xlsx(tmp_path / "a", {"一": [COLUMNS, *full], "二": odd})
    assert opened(tmp_path / "a")[1].continues == "一"
    as_xlsx(tmp_path / "b", {"一": [COLUMNS, *full[:-10]], "二": odd})
    assert opened(tmp_path / "b")[1].continues == ""


BELOW = [
    [["合计", "", "", "3", "", ""]],
    [["共 3 条记录", "", "", "", "", ""]],
    [["", "合 计:", "3", "", "", ""]],
    [["总记录数:3", "", "", "", "", ""], ["导出时间:2026-03-02 22:00:15  导出人:管理员", "", "", "", "", ""]],
    [["制表人", "张三", "", "", "", ""], ["制表时间:", "2026-03-02 22:00", "", "", "", ""]],
    [["", "", "", "", "", ""], ["第1页/共1页", "", "", "", "", ""]],
    [["\u3000合计\uff1a\uff13 条\uff08含退件\uff09", "", "", "", "", ""]],
    [["截至2026年3月2日22时", "", "", "", "", ""]],
    [["本报表由不动产登记系统自动生成", "", "", "", "", ""]],
    [["Total: 3 rows", "", "", "", "", ""]],
    [["查询条件:2026-03-01 至 2026-03-02", "", "", "", "", ""], ["---- END ----", "", "", "", "", ""]],
]
NOT_BELOW = [
    [["2026030009", "", "", "", "", ""]],
    [["2026030009", "150602", "受理", "2026-03-02 10:00", "", ""]],
    [["合计", "150602", "受理", "2026-03-02 10:00", "u1", ""]],
    [["合计", "", "受理", "", "", ""]],
    [["鄂(2026)东胜区第0000009号", "", "", "", "", ""]],
    [["张三", "3", "", "", "", ""]],
    [["合20260009", "", "", "2026-03-02", "", ""]],
]


@pytest.mark.parametrize("write", GRIDS.values(), ids=GRIDS)
class TestFooters:
    @pytest.mark.parametrize("below", BELOW)
    def test_they_are_left_out_and_told(
        self, tmp_path: Path, write: Callable[..., None], below: Grid
    ) -> None:
        write(tmp_path / "a", {"一": [COLUMNS, *log(1, 3), *below]})
        [table] = opened(tmp_path / "a")
        assert list(rows(table).values()) == log(1, 3)
        last = max(rows(table))
        assert footers(table) == [last + n for n, row in enumerate(below, start=1) if any(row)]

    @pytest.mark.parametrize("last", NOT_BELOW)
    def test_a_row_is_none(self, tmp_path: Path, write: Callable[..., None], last: Grid) -> None:
        write(tmp_path / "a", {"一": [COLUMNS, *log(1, 3), *last]})
        [table] = opened(tmp_path / "a")
        assert list(rows(table).values()) == [*log(1, 3), *last]
        assert footers(table) == []

    def test_above_a_row_of_data_they_are_rows(self, tmp_path: Path, write: Callable[..., None]) -> None:
        middle = ["合计", "", "", "3", "", ""]
        write(tmp_path / "a", {"一": [COLUMNS, *log(1, 2), middle, *log(3, 1)]})
        [table] = opened(tmp_path / "a")
        assert middle in rows(table).values()
        assert footers(table) == []


@pytest.mark.parametrize("end", ["", "\n"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_footers_of_fewer_cells_in_text(tmp_path: Path, delimiter: str, end: str) -> None:
    lines = [delimiter.join(row) for row in [COLUMNS, *log(1, 3)]]
    text = "\n".join([*lines, "", "合计:3 条", f"导出人{delimiter}admin"]) + end
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    [table] = opened(tmp_path / "a.csv")
    assert footers(table) == [6, 7]
    assert not any(batch.malformed for batch in table.read())
    assert list(rows(table).values()) == log(1, 3)


def test_a_row_of_fewer_cells_that_is_no_footer_stays_malformed(tmp_path: Path) -> None:
    text = "\n".join(",".join(row) for row in [COLUMNS, *log(1, 3), ["2026030009", "150602", "受理"]]) + "\n"
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    [table] = opened(tmp_path / "a.csv")
    assert [m.row_no for batch in table.read() for m in batch.malformed] == [5]
    assert footers(table) == []


def test_footers_and_malformed_rows_of_a_text_of_many_blocks(tmp_path: Path) -> None:
    row = ",".join(["2026030001", "150602", "受理", "2026-03-02 09:00", "u1", "x" * 100])
    lines = [",".join(COLUMNS), *[row] * 100_000, "2026030009,150602", "共 100000 条"]
    lines[50_000] = "合计"
    (tmp_path / "a.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    [table] = opened(tmp_path / "a.csv")
    batches = list(table.read())
    assert len(batches) > 2
    assert footers(table) == [100_003]
    assert [m.row_no for batch in batches for m in batch.malformed] == [50_001, 100_002]
    # Each is told with the rows around it.
    for batch in batches:
        assert all(m.row_no <= batch.rows[ROW_NO][-1] + 1 for m in batch.malformed)
    assert sum(batch.rows.height for batch in batches) == 99_999


@pytest.mark.parametrize("mark", ["\ufeff", "\u200b", '\ufeff"'])
def test_a_header_in_the_middle_of_joined_files(tmp_path: Path, mark: str) -> None:
    lines = [",".join(row) for row in [COLUMNS, *log(1, 2), COLUMNS, *log(3, 1)]]
    lines[3] = mark + (lines[3].replace(",", '",', 1) if '"' in mark else lines[3])
    (tmp_path / "a.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    [table] = opened(tmp_path / "a.csv")
    assert list(rows(table).values()) == log(1, 3)


class TestLeftOut:
    def test_sheets_hidden_or_not_are_read_and_blank_ones_told(self, tmp_path: Path) -> None:
        with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
            for title in ("一", "二", "三"):
                sheet = book.add_worksheet(title)
                for y, row in enumerate([COLUMNS, *log(1, 2)]):
                    sheet.write_row(y, 0, row)
            book.get_worksheet_by_name("二").hide()
            book.get_worksheet_by_name("三").very_hidden()
            book.add_worksheet("空")
        whole = open_whole(tmp_path / "a.xlsx", lambda _: None, KNOWN)
        assert [(t.name, t.omitted) for t in whole] == [
            ("一", ""),
            ("二", ""),
            ("三", ""),
            ("空", BLANK_SHEET),
        ]
        assert [t.name for t in opened(tmp_path / "a.xlsx")] == ["一", "二", "三"]

    def test_members_say_why(self, tmp_path: Path) -> None:
        inner = io.BytesIO()
        with zipfile.ZipFile(inner, "w") as archive:
            archive.writestr("b.csv", "a,b\n1,2\n")
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            archive.writestr("a.csv", ",".join(COLUMNS) + "\n" + ",".join(log(1, 1)[0]) + "\n")
            archive.writestr("空.csv", "")
            archive.writestr("说明.pdf", "%PDF-1.7")
        tables = open_whole(tmp_path / "a.zip", lambda _: None, KNOWN)
        told = {table.name: table.omitted for table in tables}
        assert told["a.csv"] == ""
        assert told["空.csv"] == "空文件"
        assert "PDF 文件" in told["说明.pdf"]
        assert [t.name for t in opened(tmp_path / "a.zip")] == list(told)
