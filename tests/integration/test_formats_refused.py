"""What is no export is refused with its name and advice; what is damaged is read as far as it can be."""

import gzip
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter
from conftest import as_csv
from exports import CELLS, EXCHANGE, SHAPES, contents, numbers, opened, records, text, write_xls

from regaudit.base.errors import RefusedFileError


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


def test_a_workbook_whose_sectors_go_round_is_refused(tmp_path: Path) -> None:
    """The reader would follow them for ever; the size of the stream does not tell."""
    path = tmp_path / "a.xls"
    write_xls(path, ("a", [[f"value {number}"] for number in range(400)]))
    content = bytearray(path.read_bytes())
    [fat] = struct.unpack_from("<I", content, 76)
    followers = struct.unpack_from("<128I", content, (fat + 1) * 512)
    last = followers.index(0xFFFFFFFE)
    struct.pack_into("<I", content, (fat + 1) * 512 + 4 * last, 0)
    path.write_bytes(content)
    with pytest.raises(RefusedFileError, match="不完整或已损坏"):
        read_all(path)
