"""Whatever a platform's export button gives becomes the same tables; what cannot be one is refused."""

import gzip
import html
import io
import json
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from hashlib import sha256
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
import xlwt
from conftest import as_csv

from regaudit.base.archive import archive, restore
from regaudit.base.errors import RefusedFileError
from regaudit.sources.formats.open import open_export
from regaudit.sources.tables import ROW_NO, Table

KNOWN = frozenset({"业务号", "区县代码", "环节", "操作时间", "操作人", "原因", "case_no", "occurred_at"})
COLUMNS = ["业务号", "区县代码", "环节", "操作时间", "操作人", "备注"]
CELLS = [
    ["00123", "150602", "受理", "2026-03-02 09:00:00", "李四", "生僻字㙍、逗号,分号;"],
    ["NA", "150602", "审核", "2026-03-02 10:30:05", "王五", ""],
    ["20260302001", "150602", "登簿", "2026-03-03", "", "第二行"],
]
Rows = list[list[str]]


def opened(path: Path, known: frozenset[str] = KNOWN) -> list[Table]:
    return open_export(path, lambda _: None, known)


def contents(table: Table) -> Rows:
    """The table's cells, blank where null; malformed rows must be none."""
    rows: Rows = []
    for batch in table.read():
        assert not batch.malformed
        assert batch.rows.columns == [ROW_NO, *table.columns]
        rows += [[cell or "" for cell in row] for row in batch.rows.drop(ROW_NO).iter_rows()]
    return rows


def numbers(table: Table) -> list[int]:
    return [number for batch in table.read() for number in batch.rows[ROW_NO]]


def records(rows: Rows = CELLS) -> list[dict[str, str]]:
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows]


def write_xlsx(path: Path, *sheets: tuple[str, list[list[object]]]) -> None:
    with xlsxwriter.Workbook(path, {"strings_to_numbers": False}) as book:
        stamp = book.add_format({"num_format": "yyyy/m/d h:mm:ss"})
        for name, rows in sheets:
            sheet = book.add_worksheet(name)
            for y, row in enumerate(rows):
                for x, cell in enumerate(row):
                    if isinstance(cell, date | time):
                        sheet.write_datetime(y, x, cell, stamp)
                    elif cell is not None:
                        sheet.write(y, x, cell)


def write_xls(path: Path, *sheets: tuple[str, list[list[object]]]) -> None:
    book = xlwt.Workbook()
    stamp = xlwt.easyxf(num_format_str="yyyy/m/d h:mm:ss")
    for name, rows in sheets:
        sheet = book.add_sheet(name)
        for y, row in enumerate(rows):
            for x, cell in enumerate(row):
                if cell is not None:
                    sheet.write(
                        y, x, cell, stamp if isinstance(cell, date | time) else xlwt.Style.default_style
                    )
    book.save(str(path))


def as_html(rows: Rows, charset: str) -> str:
    lines = "".join(
        "<tr>" + "".join(f"<td class='text'>{html.escape(c)}</td>" for c in row) + "</tr>\r\n" for row in rows
    )
    return (
        f'<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head><meta charset="{charset}">'
        "<!--[if gte mso 9]><xml><x:Name>导出</x:Name></xml><![endif]-->"
        "<style>.text {mso-number-format:'\\@'}</style></head>"
        f"<body><table border=1>{lines}</table></body></html>"
    )


def as_spreadsheet_ml(sheets: dict[str, Rows], encoding: str) -> str:
    body = "".join(
        f'<Worksheet ss:Name="{name}"><Table>'
        + "".join(
            "<Row>"
            + "".join(f'<Cell><Data ss:Type="String">{html.escape(c)}</Data></Cell>' for c in row)
            + "</Row>"
            for row in rows
        )
        + "</Table></Worksheet>"
        for name, rows in sheets.items()
    )
    return (
        f'<?xml version="1.0" encoding="{encoding}"?>\n<?mso-application progid="Excel.Sheet"?>\n'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        f'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">{body}</Workbook>'
    )


def typed() -> list[list[object]]:
    """The same cells as Excel holds them."""
    moments: list[object] = [datetime(2026, 3, 2, 9), datetime(2026, 3, 2, 10, 30, 5), datetime(2026, 3, 3)]
    rows: list[list[object]] = [[*row[:3], at, *row[4:]] for row, at in zip(CELLS, moments, strict=True)]
    rows[2][0] = 20260302001
    return [list(COLUMNS), *rows]


def text(content: str, encoding: str) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content.encode(encoding))


GRID = [COLUMNS, *CELLS]
SHAPES: dict[str, Callable[[Path], object]] = {
    "xlsx": lambda p: write_xlsx(p, ("导出", typed())),
    "xls": lambda p: write_xls(p, ("导出", typed())),
    "html": text(as_html(GRID, "utf-8"), "utf-8"),
    "html-gbk": text(as_html(GRID, "gb2312"), "gb18030"),
    "html-utf-16": text(as_html(GRID, "utf-16"), "utf-16"),
    "spreadsheet-ml": text(as_spreadsheet_ml({"导出": GRID}, "utf-8"), "utf-8"),
    "spreadsheet-ml-gbk": text(as_spreadsheet_ml({"导出": GRID}, "GBK"), "gb18030"),
    "spreadsheet-ml-utf-16": text(as_spreadsheet_ml({"导出": GRID}, "UTF-16"), "utf-16-le"),
    **{
        f"csv-{name}-{encoding}": text(as_csv(records(), delimiter), encoding)
        for name, delimiter in (("comma", ","), ("tab", "\t"), ("semicolon", ";"))
        for encoding in ("utf-8", "utf-8-sig", "gb18030", "utf-16")
    },
    "json-lines": text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records()), "gb18030"),
    "json-array": text(json.dumps(records(), ensure_ascii=False, indent=1), "utf-8-sig"),
    "parquet": lambda p: pq.write_table(pa.Table.from_pylist(records()), p),
}


def gzipped(path: Path) -> Path:
    target = path.with_name("packed.gz")
    target.write_bytes(gzip.compress(path.read_bytes()))
    return target


def zipped(path: Path) -> Path:
    target = path.with_name("packed.zip")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, "办件.dat")
    return target


def in_folder(path: Path) -> Path:
    folder = path.with_name("导出")
    folder.mkdir()
    path.rename(folder / "办件.dat")
    (folder / "~$办件.xlsx").write_bytes(b"lock")
    (folder / ".DS_Store").write_bytes(b"\x00")
    return folder


PACKINGS: dict[str, Callable[[Path], Path]] = {
    "plain": lambda path: path,
    "misnamed": lambda path: path.rename(path.with_suffix(".xls")),
    "gz": gzipped,
    "zip": zipped,
    "folder": in_folder,
}


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_in_every_packing_is_the_same_table(tmp_path: Path, shape: str, packing: str) -> None:
    path = tmp_path / "办件"
    SHAPES[shape](path)
    [table] = opened(PACKINGS[packing](path))
    order = [table.columns.index(name) for name in COLUMNS]
    assert sorted(table.columns) == sorted(COLUMNS)
    assert [[row[n] for n in order] for row in contents(table)] == CELLS
    # As often as asked.
    assert contents(table) == contents(table)
    assert table.member == ("办件.dat" if packing == "folder" else "")
    is_sheet = shape.startswith(("xls", "spreadsheet"))
    inner = "导出" if is_sheet else ""
    outer = "办件.dat" if packing in ("zip", "folder") else ""
    assert table.name == "/".join(filter(None, (outer, inner)))
    assert table.title == (inner or ("packed" if packing == "gz" else "办件"))
    has_header = not shape.startswith(("json", "parquet"))
    assert numbers(table) == ([2, 3, 4] if has_header else [1, 2, 3])


TITLED: Rows = [
    ["某市不动产登记中心办件日志", "", "", "", "", ""],
    ["单位:登记中心", "", "", "导出时间:2026-03-31 18:00:00", "", ""],
    ["", "", "", "", "", ""],
]


def grids(path: Path, rows: Rows) -> dict[str, Path]:
    """The same grid in each sheet-like format."""
    cells: list[list[object]] = [[cell or None for cell in row] for row in rows]
    files = {name: path / name for name in ("a.csv", "a.xlsx", "a.xls", "a.html", "a.xml")}
    plain = io.StringIO()
    pl.DataFrame(rows, orient="row").write_csv(plain, include_header=False)
    files["a.csv"].write_text(plain.getvalue(), encoding="utf-8")
    write_xlsx(files["a.xlsx"], ("表", cells))
    write_xls(files["a.xls"], ("表", cells))
    files["a.html"].write_text(as_html(rows, "utf-8"), encoding="utf-8")
    files["a.xml"].write_text(as_spreadsheet_ml({"表": rows}, "utf-8"), encoding="utf-8")
    return files


@pytest.mark.parametrize("kind", ["a.csv", "a.xlsx", "a.xls", "a.html", "a.xml"])
class TestHeaders:
    def read(self, tmp_path: Path, kind: str, rows: Rows) -> tuple[list[str], Rows, list[int]]:
        [table] = opened(grids(tmp_path, rows)[kind])
        return table.columns, contents(table), numbers(table)

    def test_title_rows_above_the_header(self, tmp_path: Path, kind: str) -> None:
        assert self.read(tmp_path, kind, [*TITLED, *GRID]) == (COLUMNS, CELLS, [5, 6, 7])

    def test_a_header_of_unknown_names_below_a_title(self, tmp_path: Path, kind: str) -> None:
        header = ["slbh", "qx", "hj", "sj", "ry", "bz"]
        assert self.read(tmp_path, kind, [TITLED[0], header, *CELLS]) == (header, CELLS, [3, 4, 5])

    def test_a_header_repeated_by_page_breaks_is_skipped(self, tmp_path: Path, kind: str) -> None:
        other = [*COLUMNS[:5], "别的"]
        rows = [*GRID[:3], COLUMNS, GRID[3], COLUMNS, other]
        assert self.read(tmp_path, kind, rows) == (COLUMNS, [*CELLS, other], [2, 3, 5, 7])

    def test_blank_columns_at_the_end_are_none(self, tmp_path: Path, kind: str) -> None:
        columns, rows, _ = self.read(tmp_path, kind, [[*row, "", ""] for row in GRID])
        assert [name for name in columns if not name.startswith("第")] == COLUMNS
        assert [row[:6] for row in rows] == CELLS
        assert not any("".join(row[6:]) for row in rows)

    def test_names_that_are_blank_or_repeated(self, tmp_path: Path, kind: str) -> None:
        header = ["业务号", "", "环节", "操作时间", "操作人", "操作人"]
        columns, rows, _ = self.read(tmp_path, kind, [header, *CELLS])
        assert columns == ["业务号", "第2列", "环节", "操作时间", "操作人", "操作人#2"]
        assert rows == CELLS

    def test_groups_over_columns(self, tmp_path: Path, kind: str) -> None:
        header = [
            ["业务号", "受理", "", "审核", "", "备注"],
            ["", "时间", "人员", "时间", "操作人", ""],
        ]
        data = [["1", "2026-03-02", "李", "2026-03-03", "王", "x"]]
        names = ["业务号", "受理/时间", "受理/人员", "审核/时间", "操作人", "备注"]
        assert self.read(tmp_path, kind, [TITLED[0], *header, *data]) == (names, data, [4])

    def test_groups_over_complete_names(self, tmp_path: Path, kind: str) -> None:
        header = [
            ["办件", "", "受理", "", "审核", ""],
            ["业务号", "区县代码", "时间", "人员", "时间", "人员"],
        ]
        data = [["1", "150602", "2026-03-02", "李", "2026-03-03", "王"]]
        names = ["业务号", "区县代码", "受理/时间", "受理/人员", "审核/时间", "审核/人员"]
        assert self.read(tmp_path, kind, [*header, *data]) == (names, data, [3])

    def test_groups_over_names_that_speak_for_themselves(self, tmp_path: Path, kind: str) -> None:
        header = [["办件", "", "受理", "", "其他", ""], COLUMNS]
        assert self.read(tmp_path, kind, [*header, *CELLS]) == (COLUMNS, CELLS, [3, 4, 5])

    def test_a_row_of_data_is_no_second_header(self, tmp_path: Path, kind: str) -> None:
        header = [*COLUMNS[:5], ""]
        data = [["甲", "", "受理", "2026-03-02", "李", "李"], ["乙", "丙", "受理", "2026-03-02", "李", "x"]]
        columns, rows, _ = self.read(tmp_path, kind, [header, *data])
        assert (columns, rows) == ([*COLUMNS[:5], "第6列"], data)

    def test_totals_are_left_out(self, tmp_path: Path, kind: str) -> None:
        total = ["合计", "", "", "3", "", ""]
        assert self.read(tmp_path, kind, [*GRID, total]) == (COLUMNS, CELLS, [2, 3, 4])


def test_a_header_merged_in_html(tmp_path: Path) -> None:
    rows = (
        "<tr><td colspan=5>标题<br>第二行</td></tr>"
        "<tr><th rowspan=2>业务号</th><th colspan=2>受理</th><th colspan=2>审核</th></tr>"
        "<tr><th>时间</th><th>人员<th>时间</th><th>人员</th></tr>"
        '<tr><td x:num="20260302001">2.026E+10<td>2026-03-02&nbsp;<td>李<td>&#x65e5;<td>王&lt;</tr>'
        '<tr><td>2<td colspan="2">2026-03-02<td><table><tr><td>内</td></tr></table>外<td>王</tr>'
    )
    (tmp_path / "a.xls").write_text(f"<table>{rows}</table>", encoding="utf-8")
    outer, inner = opened(tmp_path / "a.xls")
    assert outer.columns == ["业务号", "受理/时间", "受理/人员", "审核/时间", "审核/人员"]
    first, second = contents(outer)
    assert first == ["20260302001", "2026-03-02", "李", "日", "王<"]
    assert second == ["2", "2026-03-02", "", "外", "王"]
    assert (outer.name, inner.name, inner.columns) == ("表1", "表2", ["内"])


def test_cells_of_every_type_in_a_workbook(tmp_path: Path) -> None:
    moments = [datetime(2026, 3, 2, 9, 5, 30), date(2026, 3, 2), time(14, 30)]
    values: list[object] = ["00123", 123, 1.5, 123456789012345, True, " x ", "2026-03-02 00:00:00", *moments]
    expected = ["00123", "123", "1.5", "123456789012345", "true", " x ", "2026-03-02"]
    expected += ["2026-03-02 09:05:30", "2026-03-02", "14:30:00"]
    rows: list[list[object]] = [["业务号", "操作时间"], *([value, "y"] for value in values)]
    for name, write in (("a.xlsx", write_xlsx), ("a.xls", write_xls)):
        write(tmp_path / name, ("表", rows))
        [table] = opened(tmp_path / name)
        assert [row[0] for row in contents(table)] == expected


def test_seconds_of_computed_times_are_whole(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        stamp, sheet = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss.000"}), book.add_worksheet()
        sheet.write_row(0, 0, ["业务号", "操作时间"])
        for row, serial in enumerate([45292.3750001, 45292.37500579, 45292.499999999], start=1):
            sheet.write_row(row, 0, [row])
            sheet.write_number(row, 1, serial, stamp)
    [table] = opened(tmp_path / "a.xlsx")
    assert [row[1] for row in contents(table)] == [
        *("2024-01-01 09:00:00", "2024-01-01 09:00:00.500", "2024-01-01 12:00:00"),
    ]


@pytest.mark.parametrize(("name", "write"), [("a.xlsx", write_xlsx), ("a.xls", write_xls)])
def test_sheets_of_a_workbook(tmp_path: Path, name: str, write: Callable[..., None]) -> None:
    below: list[list[object]] = [[None, *row] for row in [[], ["标题"], COLUMNS, *CELLS]]
    write(tmp_path / name, ("DJ_SLSQ", typed()), ("空", []), ("说明", [["本表由平台导出"]]), ("DJ_SH", below))
    tables = {table.name: table for table in opened(tmp_path / name)}
    assert list(tables) == ["DJ_SLSQ", "说明", "DJ_SH"]
    assert [table.title for table in tables.values()] == list(tables)
    assert contents(tables["DJ_SLSQ"]) == CELLS
    assert numbers(tables["DJ_SH"]) == [4, 5, 6]
    assert [row[-6:] for row in contents(tables["DJ_SH"])] == CELLS


def test_spreadsheet_ml_with_gaps_types_and_comments(tmp_path: Path) -> None:
    content = """<?xml version="1.0"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"
 xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet" xmlns:html="http://www.w3.org/TR/REC-html40">
<Worksheet ss:Name="空"><Table/></Worksheet>
<Worksheet ss:Name="日志"><Table ss:ExpandedRowCount="9">
<Row ss:Index="3"><Cell><Data ss:Type="String">业务号</Data></Cell>
<Cell ss:Index="3"><Data ss:Type="String">操作时间</Data><Comment><ss:Data>注</ss:Data></Comment></Cell>
<Cell><Data ss:Type="String">备注</Data></Cell></Row>
<Row><Cell><Data ss:Type="Number">2.0260302001E10</Data></Cell>
<Cell ss:Index="3"><Data ss:Type="DateTime">2026-03-02T09:05:00.000</Data></Cell>
<Cell><ss:Data ss:Type="String">前<html:B>中</html:B>后</ss:Data></Cell></Row>
<Row ss:Index="9"><Cell><Data ss:Type="Number">7</Data></Cell>
<Cell ss:Index="3"><Data ss:Type="DateTime">2026-03-02T00:00:00.000</Data></Cell></Row>
</Table></Worksheet></Workbook>"""
    (tmp_path / "a.xls").write_text(content, encoding="utf-8")
    [table] = opened(tmp_path / "a.xls")
    assert (table.name, table.columns) == ("日志", ["业务号", "第2列", "操作时间", "备注"])
    rows = [row for row in zip(numbers(table), contents(table), strict=True) if any(row[1])]
    assert rows == [
        (4, ["20260302001", "", "2026-03-02 09:05:00", "前中后"]),
        (9, ["7", "", "2026-03-02", ""]),
    ]


def test_a_title_with_line_breaks_does_not_shift_row_numbers(tmp_path: Path) -> None:
    content = '"标题\n第二行",,,\n业务号,区县代码,环节,操作时间\n'
    content += '1,1,受理,2026-03-02\n2,1\n"3\n",1,受理,2026-03-02\n4\n'
    (tmp_path / "a.csv").write_text(content, encoding="utf-8")
    [table] = opened(tmp_path / "a.csv")
    [batch] = table.read()
    assert batch.rows[ROW_NO].to_list() == [3, 5]
    assert [(bad.row_no, bad.text) for bad in batch.malformed] == [(4, "2,1"), (6, "4")]


def test_the_delimiter_is_that_of_the_rows_not_of_the_title(tmp_path: Path) -> None:
    content = "导出,于,2026,年,3,月,31,日\n业务号;区县代码;环节;操作时间\n1;1;受理,补;2026-03-02\n"
    (tmp_path / "a.csv").write_text(content, encoding="utf-8")
    [table] = opened(tmp_path / "a.csv")
    assert contents(table) == [["1", "1", "受理,补", "2026-03-02"]]


def test_delimiters_at_the_end_of_data_rows_only(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("业务号,操作时间\n1,2026-03-02,\n2,2026-03-02,\n", encoding="utf-8")
    [table] = opened(tmp_path / "a.csv")
    assert [row[:2] for row in contents(table)] == [["1", "2026-03-02"], ["2", "2026-03-02"]]
    (tmp_path / "b.csv").write_text("业务号,操作时间,,\n1,2026-03-02\n2,2026-03-02\n", encoding="utf-8")
    [table] = opened(tmp_path / "b.csv")
    assert contents(table) == [["1", "2026-03-02"], ["2", "2026-03-02"]]


def test_text_that_excel_was_kept_from_counting(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('业务号,操作时间\n="00123",2026-03-02\n1,="x"y\n', encoding="utf-8")
    [table] = opened(tmp_path / "a.csv")
    assert contents(table) == [["00123", "2026-03-02"], ["1", '="x"y']]


def test_typed_parquet(tmp_path: Path) -> None:
    table = pa.table(
        {
            "office": pa.array([150602.0, None, 1.5]),
            "tags": pa.array([["a"], [], None], pa.list_(pa.string())),
            ROW_NO: pa.array([7, 8, 9]),
        }
    )
    pq.write_table(table.drop_columns(ROW_NO), tmp_path / "a.parquet")
    [read] = opened(tmp_path / "a.parquet")
    assert [row[0] for row in contents(read)] == ["150602", "", "1.5"]


def test_the_members_of_a_zip(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "book.xlsx", ("DJ_SH", typed()), ("DJ_SZ", typed()))
    path = tmp_path / "导出.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("数据/SLSQ.csv", as_csv(records()))
        archive.writestr("SH.csv.gz", gzip.compress(as_csv(records()).encode()))
        archive.write(tmp_path / "book.xlsx", "工作簿.xlsx")
        archive.writestr("说明.pdf", b"%PDF-1.4")
        archive.writestr("空.csv", b"")
        archive.writestr("__MACOSX/._SLSQ.csv", b"\x00")
        archive.writestr("数据/~$工作簿.xlsx", b"\x00")
    tables = {table.name: table for table in opened(path)}
    assert {name: table.title for name, table in tables.items()} == {
        "数据/SLSQ.csv": "SLSQ",
        "SH.csv.gz": "SH",
        "工作簿.xlsx/DJ_SH": "DJ_SH",
        "工作簿.xlsx/DJ_SZ": "DJ_SZ",
        "说明.pdf": "说明",
        "空.csv": "空",
    }
    assert all(contents(table) == CELLS for table in tables.values() if table.columns)
    assert [name for name, table in tables.items() if not table.columns] == ["说明.pdf", "空.csv"]


def test_chinese_names_in_a_zip_of_an_old_tool(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xxxx.csv", as_csv(records()))
    # The flag for UTF-8 is not set: the name's bytes are in the code page of the machine that wrote it.
    path.write_bytes(path.read_bytes().replace(b"xxxx.csv", "受理".encode("gbk") + b".csv"))
    [table] = opened(path)
    assert (table.name, table.title) == ("受理.csv", "受理")
    assert contents(table) == CELLS


def test_a_folder_of_files(tmp_path: Path) -> None:
    folder = tmp_path / "导出"
    (folder / "子").mkdir(parents=True)
    (folder / "子" / "SH.csv").write_text(as_csv(records()), encoding="gb18030")
    write_xlsx(folder / "book.xlsx", ("DJ_SH", typed()), ("DJ_SZ", typed()))
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.writestr("SLSQ.csv", as_csv(records()))
    (folder / "读我.docx").write_bytes((folder / "a.zip").read_bytes().replace(b"SLSQ.csv", b"SLSQ.xyz"))
    (folder / "图.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00")
    (folder / ".隐藏").write_bytes(b"x")
    found = [(table.member, table.name, table.title) for table in opened(folder)]
    assert found == [
        ("a.zip", "a.zip/SLSQ.csv", "SLSQ"),
        ("book.xlsx", "book.xlsx/DJ_SH", "DJ_SH"),
        ("book.xlsx", "book.xlsx/DJ_SZ", "DJ_SZ"),
        ("图.png", "图.png", "图"),
        ("子/SH.csv", "子/SH.csv", "SH"),
        ("读我.docx", "读我.docx/SLSQ.xyz", "SLSQ"),
    ]


EXCHANGE = """<?xml version="1.0" encoding="GBK"?>
<Message xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="x y"><Head>
<BizMsgID>1</BizMsgID><ASID>AS100</ASID></Head><Data>
<DJT_DJ_SLSQ YWH="00123" SLRY="李四" SLSJ="2026-03-02T09:00:00" BZ=""/>
<DJF_DJ_SH YWH="00123" JDMC="初审" SHJSSJ="2026-03-03T00:00:00"/>
<DJF_DJ_SH YWH="00123" JDMC="核定" SHRYXM="王&lt;五"/>
<DJ_SZ><YWH>00123</YWH><SZRY xsi:nil="true"/><SZSJ type="d">2026-03-04</SZSJ><SZSJ>2026-03-05</SZSJ></DJ_SZ>
</Data></Message>"""


def test_exchange_xml(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(EXCHANGE.encode("gb18030"))
    tables = {table.name: table for table in opened(tmp_path / "a.xml")}
    assert list(tables) == ["Head", "DJT_DJ_SLSQ", "DJF_DJ_SH", "DJ_SZ"]
    assert contents(tables["DJT_DJ_SLSQ"]) == [["00123", "李四", "2026-03-02T09:00:00", ""]]
    reviews = tables["DJF_DJ_SH"]
    assert reviews.columns == ["YWH", "JDMC", "SHJSSJ", "SHRYXM"]
    assert contents(reviews) == [["00123", "初审", "2026-03-03T00:00:00", ""], ["00123", "核定", "", "王<五"]]
    assert numbers(reviews) == [1, 2]
    assert tables["DJ_SZ"].columns == ["YWH", "SZRY", "SZSJ", "SZSJ#2"]
    assert contents(tables["DJ_SZ"]) == [["00123", "", "2026-03-04", "2026-03-05"]]


@pytest.mark.parametrize(
    ("xmlns", "prefix"), [("", ""), (' xmlns="http://www.xes-standard.org/"', ""), ("", "x:")]
)
def test_xes(tmp_path: Path, xmlns: str, prefix: str) -> None:
    content = f"""<?xml version="1.0" encoding="UTF-8"?><!-- 导出 -->
<log xes.version="1.0"{xmlns}><extension name="Concept" prefix="concept" uri="u"/>
<global scope="event"><string key="concept:name" value="?"/></global>
<string key="concept:name" value="日志"/>
<trace><string key="concept:name" value="00123"/>
<date key="REG_DATE" value="2011-10-11T13:42:22.688+02:00"/>
<event><string key="concept:name" value="受理"/>
<date key="time:timestamp" value="2026-03-02T09:00:00.000+08:00"/>
<string key="lifecycle:transition" value="complete"><string key="nested" value="no"/></string></event>
<event><string key="concept:name" value="审核"/>
<int key="n" value="5"/><boolean key="b" value="true"/></event></trace>
<trace><string key="concept:name" value="NA"/>
<event><string key="org:resource" value="李"/></event></trace></log>"""
    for name in ("log", "trace", "event", "string", "date"):
        content = content.replace(f"<{name}", f"<{prefix}{name}").replace(f"</{name}", f"</{prefix}{name}")
    (tmp_path / "a.xes").write_text(content, encoding="utf-8")
    [table] = opened(tmp_path / "a.xes")
    [batch] = table.read()
    frame = batch.rows
    assert frame["case:concept:name"].to_list() == ["00123", "00123", "NA"]
    assert frame["concept:name"].to_list() == ["受理", "审核", None]
    assert frame["lifecycle:transition"].to_list() == ["complete", None, None]
    assert (frame["n"][1], frame["b"][1], frame["org:resource"][2]) == ("5", "true", "李")
    assert "nested" not in frame.columns
    assert table.name == ""


def cut(shape: str, share: float) -> Callable[[Path], object]:
    def write(path: Path) -> None:
        SHAPES[shape](path)
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * share)])

    return write


def bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open("xl/workbook.xml", "w") as part:
            for _ in range(300):
                part.write(bytes(1 << 20))


def wide(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "业务号")
        sheet.write(1_000_000, 16_000, "x")


def with_password(path: Path) -> None:
    SHAPES["xls"](path)
    before, after = b"\xe1\x00\x02\x00\xb0\x04", b"\x2f\x00\x02\x00\xb0\x04"
    assert before in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(before, after))


def word_document(path: Path) -> None:
    SHAPES["xls"](path)
    before, after = (name.encode("utf-16-le") for name in ("Workbook", "WordDocu"))
    path.write_bytes(path.read_bytes().replace(before, after))


def locked_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", as_csv(records()))
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)


def damaged_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", as_csv(records()))
    path.write_bytes(path.read_bytes().replace(b"150602", b"150603", 1))


def zip_in_gz(path: Path) -> None:
    locked_zip(path)
    path.write_bytes(gzip.compress(path.read_bytes()))


def blank_folder(path: Path) -> None:
    path.mkdir()
    (path / "a.txt").write_bytes(b"")


def damaged_xlsx(path: Path) -> None:
    SHAPES["xlsx"](path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def document(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<w/>")


LAUGHS = '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;">]><a><b YWH="&y;"/></a>'
REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "xlsx-cut": (cut("xlsx", 0.7), "不是完整的 Excel"),
    "xlsx-damaged": (damaged_xlsx, "已损坏"),
    "xlsx-bomb": (bomb, "不像正常的导出"),
    "xlsx-too-wide": (wide, "多余的行列"),
    "xlsx-locked": (text("\ucfd0\ue011EncryptedPackage", "utf-16-le"), "密码"),
    "xls-locked": (with_password, "密码"),
    "doc": (word_document, "Word"),
    "xls-cut": (cut("xls", 0.7), "已损坏"),
    "html-cut": (cut("html", 0.8), "表格没有结束"),
    "html-login": (lambda p: p.write_text("<html><body>请登录</body></html>", encoding="utf-8"), "没有表格"),
    "spreadsheet-ml-cut": (cut("spreadsheet-ml", 0.8), "不是完整的 XML"),
    "xml-entities": (text(LAUGHS, "utf-8"), "实体"),
    "xml-cut": (text(EXCHANGE[:400], "gb18030"), "不是完整的 XML"),
    "xml-blank": (text("<a/>", "utf-8"), "没有记录"),
    "xes-blank": (text("<log><trace/></log>", "utf-8"), "没有事件"),
    "json-cut": (cut("json-array", 0.5), "不是完整的 JSON"),
    "zip-locked": (locked_zip, "密码"),
    "zip-damaged": (damaged_zip, "已损坏"),
    "zip-empty": (lambda p: zipfile.ZipFile(p, "w").close(), "没有表格数据"),
    "zip-in-gz": (zip_in_gz, "先解压"),
    "gz-in-gz": (lambda p: p.write_bytes(gzip.compress(gzip.compress(b"a,b\n"))), "两次"),
    "docx": (document, "Word"),
    "rar": (lambda p: p.write_bytes(b"Rar!\x1a\x07\x00"), "RAR"),
    "pdf": (lambda p: p.write_bytes(b"%PDF-1.4\n"), "PDF"),
    "blank": (lambda p: p.write_bytes(b"\r\n,,\r\n"), "没有表头"),
    "folder-of-nothing": (blank_folder, "没有表格数据"),
}


def read_all(path: Path) -> None:
    for table in opened(path):
        contents(table)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_export_is_refused_with_its_name_and_advice(tmp_path: Path, name: str) -> None:
    write, words = REFUSED[name]
    path = tmp_path / "某文件"
    write(path)
    with pytest.raises(RefusedFileError) as refusal:
        read_all(path)
    message = str(refusal.value)
    assert words in message
    assert "某文件" in message or "a.csv" in message
    assert ":" in message


def test_a_line_without_end_is_refused_not_held(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with gzip.open(path, "wb", compresslevel=1) as out:
        out.write(b'{"a": 1}\n{"a": "')
        for _ in range(80):
            out.write(b"x" * (1 << 20))
    with pytest.raises(RefusedFileError, match="第 2 行"):
        opened(path)


def test_a_workbook_of_many_rows_is_read_in_batches(tmp_path: Path) -> None:
    rows = [[str(n), "甲乙丙"[n % 3]] for n in range(70_000)]
    with xlsxwriter.Workbook(tmp_path / "a.xlsx", {"constant_memory": True}) as book:
        sheet = book.add_worksheet("表")
        for n, row in enumerate([["业务号", "原因"], *rows]):
            sheet.write_row(n, 0, row)
    [table] = opened(tmp_path / "a.xlsx")
    assert contents(table) == rows
    assert numbers(table) == list(range(2, 70_002))
    assert len(list(table.read())) > 1


def test_a_few_damaged_bytes_do_not_make_another_encoding(tmp_path: Path) -> None:
    lines = as_csv(records()).encode().split(b"\r\n")
    lines[2] = lines[2].replace("王".encode(), b"\xe7\x8e")
    (tmp_path / "a.csv").write_bytes(b"\r\n".join(lines))
    [table] = opened(tmp_path / "a.csv")
    assert [contents(table)[n] for n in (0, 2)] == [CELLS[0], CELLS[2]]
    assert "\ufffd" in contents(table)[1][4]


def test_json_lines_whose_first_is_damaged(tmp_path: Path) -> None:
    lines = [json.dumps(record, ensure_ascii=False) for record in records()]
    (tmp_path / "a.jsonl").write_text("\n".join(["x" + lines[0], *lines]), encoding="utf-8")
    [table] = opened(tmp_path / "a.jsonl")
    assert numbers(table) == [2, 3, 4]
    assert [bad.row_no for batch in table.read() for bad in batch.malformed] == [1]


class TestArchive:
    def test_a_file_comes_back_as_it_was(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_bytes(b"x\r\ny")
        file = archive(tmp_path / "a.csv", tmp_path / "archive")
        restore(tmp_path / "archive", file.sha256, tmp_path / "back")
        assert (tmp_path / "back").read_bytes() == b"x\r\ny"
        assert file.members == ()

    def test_a_folder_comes_back_as_it_was(self, tmp_path: Path) -> None:
        folder = tmp_path / "导出"
        (folder / "子").mkdir(parents=True)
        files = {"b.csv": b"b", "a.csv": b"a", "子/空.csv": b"", "子/副本.csv": b"a"}
        for name, content in files.items():
            (folder / name).write_bytes(content)
        (folder / "~$a.xlsx").write_bytes(b"lock")
        (folder / ".隐藏").mkdir()
        (folder / ".隐藏" / "x.csv").write_bytes(b"x")
        file = archive(folder, tmp_path / "archive")
        assert [member.name for member in file.members] == sorted(files)
        assert file.size == 3
        restore(tmp_path / "archive", file.sha256, tmp_path / "back")
        back = tmp_path / "back"
        assert {p.relative_to(back).as_posix(): p.read_bytes() for p in back.rglob("*.csv")} == files
        # The same files elsewhere are the same folder; another name or content is another.
        assert archive(back, tmp_path / "archive").sha256 == file.sha256
        (back / "b.csv").rename(back / "c.csv")
        assert archive(back, tmp_path / "archive").sha256 != file.sha256
        assert not list((tmp_path / "archive").glob(".incoming-*"))

    def test_a_file_that_looks_like_a_manifest_is_a_file(self, tmp_path: Path) -> None:
        name = sha256(b"a").hexdigest()
        for content in (
            f'{{"type":"regaudit-folder","members":[{{"name":"../a","sha256":"{name}","size":1}}]}}',
            '{"type":"regaudit-folder", "members":[]}',
            '{"type":"regaudit-folder","members":[',
        ):
            (tmp_path / "a.json").write_text(content, encoding="utf-8")
            file = archive(tmp_path / "a.json", tmp_path / "archive")
            restore(tmp_path / "archive", file.sha256, tmp_path / "back")
            assert (tmp_path / "back").read_text(encoding="utf-8") == content
            (tmp_path / "back").unlink()

    def test_a_copy_that_is_missing_or_changed_is_refused(self, tmp_path: Path) -> None:
        for name in ("a", "b"):
            (tmp_path / name).write_bytes(name.encode() * 99)
        store = tmp_path / "archive"
        first, second = (archive(tmp_path / name, store) for name in ("a", "b"))
        (store / f"{first.sha256}.zst").write_bytes((store / f"{second.sha256}.zst").read_bytes())
        (store / f"{second.sha256}.zst").write_bytes(b"junk")
        for name, words in ((first.sha256, "已被改动"), (second.sha256, "无法解压"), ("0" * 64, "没有")):
            with pytest.raises(RefusedFileError, match=words):
                restore(store, name, tmp_path / "back")
            assert not (tmp_path / "back").exists()

    def test_a_folder_without_data_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "空").mkdir()
        with pytest.raises(RefusedFileError, match="没有数据文件"):
            archive(tmp_path / "空", tmp_path / "archive")
