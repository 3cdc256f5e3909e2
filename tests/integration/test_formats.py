"""Whatever a platform's export button gives becomes the same tables; what cannot be one is refused."""

import gzip
import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from conftest import as_csv
from exports import (
    CELLS,
    COLUMNS,
    EXCHANGE,
    GRID,
    PACKINGS,
    SHAPES,
    Rows,
    as_html,
    as_spreadsheet_ml,
    contents,
    numbers,
    opened,
    records,
    typed,
    write_xls,
    write_xlsx,
)

from regaudit.sources.tables import ROW_NO


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
