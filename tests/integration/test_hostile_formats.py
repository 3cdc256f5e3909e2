"""Files made to take all memory: each is read or refused within a gigabyte, and it is said what to do."""

import gzip
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytestmark = pytest.mark.long

MEGABYTE = "x" * (1 << 20)
MOST_BYTES = 1 << 30
HEADER = "<tr><td>业务号</td><td>环节</td></tr>"
BOOK = (
    '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
    'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="a"><Table>'
)
READ = """
import sys
from pathlib import Path
from regaudit.base.errors import RefusedFileError
from regaudit.sources.formats.open import open_export
rows = 0
try:
    for table in open_export(Path(sys.argv[1]), lambda _: None, frozenset({"业务号", "环节"})):
        rows += sum(batch.rows.height for batch in table.read())
    print(rows)
except RefusedFileError as error:
    print(error)
# Not what the parent reckons up: that begins with what the parent itself had.
[peak] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
print(peak.split()[1])
"""


def packed(*parts: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with gzip.open(path, "wb", compresslevel=1) as out:
            for part in parts:
                out.write(part.encode())

    return write


def plain(text: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_text(text, encoding="utf-8")

    return write


def parquet(values: list[str], indices: list[int]) -> Callable[[Path], None]:
    column = pa.DictionaryArray.from_arrays(pa.array(indices), pa.array(values))
    return lambda path: pq.write_table(pa.table({"业务号": column, "环节": ["受理"] * len(indices)}), path)


def zipped(member: str, megabytes: int) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.writestr(member, b"0" * (megabytes << 20))

    return write


def workbook(*parts: str, texts: str = "") -> Callable[[Path], None]:
    """A workbook whose one sheet has these parts."""
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relation = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
    target = f'<Relationship Id="{{}}" Type="{kind}/{{}}" Target="{{}}"/>'

    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            office = target.format("a", "officeDocument", "xl/workbook.xml")
            archive.writestr("_rels/.rels", relation.format(office))
            sheets = '<sheets><sheet name="S" sheetId="1" r:id="a"/></sheets>'
            book = f'<workbook xmlns="{main}" xmlns:r="{kind}">{sheets}</workbook>'
            archive.writestr("xl/workbook.xml", book)
            sheet_part = target.format("a", "worksheet", "worksheets/sheet1.xml")
            texts_part = target.format("b", "sharedStrings", "sharedStrings.xml")
            archive.writestr("xl/_rels/workbook.xml.rels", relation.format(sheet_part + texts_part))
            shared = f'<sst xmlns="{main}"><si><t>业务号</t></si>{texts}</sst>'
            archive.writestr("xl/sharedStrings.xml", shared)
            with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
                for part in (f'<worksheet xmlns="{main}"><sheetData>', *parts, "</worksheet>"):
                    sheet.write(part.encode())

    return write


NAMES = '<row><c t="inlineStr"><is><t>业务号</t></is></c><c t="inlineStr"><is><t>环节</t></is></c></row>'
ONE = "<row><c><v>1</v></c></row>"
ACROSS = '<Row><Cell ss:MergeAcross="16000"><Data ss:Type="String">x</Data></Cell></Row>'
REFUSED: dict[str, tuple[Callable[[Path], None], str]] = {
    "spans": (plain(f"<table>{HEADER}{'<tr><td colspan=1000 rowspan=1000></td></tr>' * 4_000}"), "过大"),
    "spans over spans": (
        plain(f"<table>{HEADER}<tr>{'<td rowspan=1000 colspan=1000>x' * 16}</tr>{'<tr></tr>' * 9_000}"),
        "过大",
    ),
    "one row of spans": (plain(f"<table>{HEADER}<tr>{'<td colspan=1000>' * 90_000}</tr>"), "过大"),
    "merges": (plain(BOOK + "<Row>" + ACROSS.removeprefix("<Row>").removesuffix("</Row>") * 4_000), "过大"),
    "jumps": (
        plain(
            BOOK + '<Row ss:Index="1900000"><Cell ss:Index="900"><Data ss:Type="String">x</Data></Cell></Row>'
            "</Table></Worksheet></Workbook>"
        ),
        "过大",
    ),
    "a cell of HTML": (packed("<table><tr><td>", *[MEGABYTE] * 40), "单元格超过 16 MB"),
    "nested tables": (plain("<table><tr><td>" * 9_000), "嵌套"),
    "a text of XML": (packed("<a><b><c>", *[MEGABYTE] * 40), "文字过长"),
    "an attribute of XML": (packed('<a><b c="', *[MEGABYTE] * 40), "标记过长"),
    "nested XML": (packed(*["<a>" * 100_000] * 9), "嵌套"),
    "names of XML": (packed("<a>", *[f'<r k{n}="1"/>' for n in range(3_000)], "</a>"), "2000 种"),
    "default attributes": (
        packed('<!DOCTYPE a [<!ATTLIST b c CDATA "', *[MEGABYTE] * 8, '">]><a>', "<b/>" * 9_000, "</a>"),
        "属性声明",
    ),
    "an attribute of XES": (packed('<log><trace><event><string key="a" value="', *[MEGABYTE] * 40), "过长"),
    "a comment of XES": (packed("<log><trace><!--", *[f"<{MEGABYTE}"] * 40), "标记过长"),
    "no event in XES": (packed("<log><trace>", *["<a/>" * 100_000] * 30), "记录过长"),
    "names of XES": (
        packed(
            "<log><trace>",
            *[f'<event><id key="k{n}" value="1"/></event>' for n in range(3_000)],
            "</trace></log>",
        ),
        "2000 种",
    ),
    "keys of JSON": (packed(*[json.dumps({f"k{n}": 1}) + "\n" for n in range(3_000)]), "2000 种"),
    "objects of JSON": (packed("[", *["{}," * 100_000] * 40, "{}]"), "过大"),
    "nested JSON": (packed('[{"a":', "[" * 2_000_000), "不是完整的 JSON"),
    "a cell of Parquet": (parquet(["x" * (20 << 20)], [0] * 8), "单元格超过 16 MB"),
    "a ZIP": (zipped("a.csv", 300), "不像正常的导出"),
    "cells without places": (
        workbook(NAMES, *[f"<row>{'<c><v>1</v></c>' * 2_000}</row>" * 100] * 45, "</sheetData>"),
        "过大",
    ),
    "a wide row without places": (
        workbook(NAMES, f"<row>{'<c/>' * 16_000}<c><v>1</v></c></row>", ONE * 5_000, "</sheetData>"),
        "5002 行、16001 列,过大",
    ),
    "a cell of XLSX": (
        workbook(NAMES, '<row><c t="inlineStr"><is><t>', *[MEGABYTE] * 40, "</t></is></c></row></sheetData>"),
        "第 2 行有一个单元格超过 16 MB",
    ),
    "a text of XLSX": (workbook(NAMES, ONE, "</sheetData>", texts=f"<si><t>{MEGABYTE * 40}"), "超过 16 MB"),
    "a workbook that unpacks": (
        workbook(NAMES, *["<row>" + '<c r="A1"/>' * 100_000 + "</row>"] * 250, "</sheetData>"),
        "不像正常的导出",
    ),
    "columns of CSV": (
        plain(",".join(["业务号", "环节", *(f"c{n}" for n in range(300_000))]) + "\n" + "1," * 300_001),
        "第 1 行的表头超过 16384 列",
    ),
    "events without anything": (
        packed("<log><trace>", *["<event/>" * 100_000] * 40, "</trace></log>"),
        "没有事件",
    ),
    "a line of CSV": (packed("业务号,环节\n1,", *[MEGABYTE] * 40), "一行超过 4 MB"),
    "a quoted cell of CSV": (packed('业务号,环节\n1,"', *[MEGABYTE] * 40, '"\n'), "一行超过 4 MB"),
}


def read(path: Path) -> tuple[str, int]:
    """What a process of its own says of a file, and the most memory it had, in bytes."""
    done = subprocess.run(
        [sys.executable, "-c", READ, str(path)], stdout=subprocess.PIPE, encoding="utf-8", check=True
    )
    *said, peak = done.stdout.splitlines()
    return "\n".join(said) + "\n", int(peak) * 1024


EVERY_DAY = {
    *("spans", "merges", "a cell of HTML", "a text of XML", "nested XML", "names of XML"),
    *("default attributes", "names of XES", "nested JSON", "a cell of Parquet", "a ZIP"),
    *("cells without places", "a cell of XLSX", "columns of CSV", "a line of CSV"),
    *("a merged title", "a sheet without places", "events of many names"),
}
"""One of each limit, and of each format."""


def some(names: Iterable[str]) -> pytest.MarkDecorator:
    """Those of every day, and the others with the slow tests."""
    marked = [pytest.param(name, marks=[] if name in EVERY_DAY else [pytest.mark.slow]) for name in names]
    return pytest.mark.parametrize("name", marked)


@some(REFUSED)
def test_it_is_refused_with_its_name_and_little_memory(tmp_path: Path, name: str) -> None:
    write, words = REFUSED[name]
    path = tmp_path / "某文件"
    write(path)
    said, peak = read(path)
    assert words in said
    assert "某文件" in said
    assert peak < MOST_BYTES


READ_WHOLE: dict[str, tuple[Callable[[Path], None], int]] = {
    "a text of Parquet that stands for all rows": (parquet(["x" * (20 << 10)], [0] * 100_000), 100_000),
    "events of many names": (
        packed(
            "<log><trace>",
            *[f'<event><id key="k{n}" value="1"/></event>' for n in range(1_500)],
            *["<event></event>" * 1_000] * 100,
            "</trace></log>",
        ),
        101_500,
    ),
    "merges of XLSX": (
        workbook(
            '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="CV1"><v>1</v></c></row>',
            *[f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(2, 20_002)],
            "</sheetData><mergeCells>",
            *[f'<mergeCell ref="A{n}:CV{n}"/>' for n in range(2, 20_002)],
            "</mergeCells>",
        ),
        20_000,
    ),
    "merges of HTML": (
        packed(
            f"<table>{HEADER}",
            *["<tr><td colspan=1000 rowspan=2>x</tr><tr><td></tr>" * 1_000] * 9,
            "<tr><td>1</tr></table>",
        ),
        18_001,
    ),
    "events after many without anything": (
        packed(
            "<log><trace>",
            *["<event/>" * 100_000] * 25,
            '<event><string key="a" value="1"/></event></trace></log>',
        ),
        2_500_001,
    ),
    "a sheet without places": (workbook(NAMES, ONE * 5_000, "</sheetData>"), 5_000),
    "a merged title": (
        plain(f"<table><tr><td colspan=300>标题</td></tr>{HEADER}{'<tr><td>1<td>受理</tr>' * 50}</table>"),
        50,
    ),
}


@some(READ_WHOLE)
def test_what_is_only_large_is_read(tmp_path: Path, name: str) -> None:
    write, rows = READ_WHOLE[name]
    write(tmp_path / "a")
    said, peak = read(tmp_path / "a")
    assert said.strip() == str(rows)
    assert peak < MOST_BYTES
