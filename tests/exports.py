"""What the buttons of platforms give: one table in every shape and packing."""

import gzip
import html
import json
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter
import xlwt
from conftest import as_csv

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

EXCHANGE = """<?xml version="1.0" encoding="GBK"?>
<Message xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="x y"><Head>
<BizMsgID>1</BizMsgID><ASID>AS100</ASID></Head><Data>
<DJT_DJ_SLSQ YWH="00123" SLRY="李四" SLSJ="2026-03-02T09:00:00" BZ=""/>
<DJF_DJ_SH YWH="00123" JDMC="初审" SHJSSJ="2026-03-03T00:00:00"/>
<DJF_DJ_SH YWH="00123" JDMC="核定" SHRYXM="王&lt;五"/>
<DJ_SZ><YWH>00123</YWH><SZRY xsi:nil="true"/><SZSJ type="d">2026-03-04</SZSJ><SZSJ>2026-03-05</SZSJ></DJ_SZ>
</Data></Message>"""
