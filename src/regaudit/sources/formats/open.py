"""What an export is, by its content and never by its name, and its tables."""

import codecs
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from regaudit.base.admission import folder_files
from regaudit.base.errors import RefusedFileError
from regaudit.sources.formats.delimited import open_delimited
from regaudit.sources.formats.garbled import refuse_garbled
from regaudit.sources.formats.headers import unique_names
from regaudit.sources.formats.jsonlines import open_json_array, open_json_lines
from regaudit.sources.formats.markup import open_html
from regaudit.sources.formats.packages import entries, is_outside, members
from regaudit.sources.formats.parquet import open_parquet
from regaudit.sources.formats.spreadsheetml import open_spreadsheet_ml
from regaudit.sources.formats.streams import Source, detect_encoding, open_file, open_member
from regaudit.sources.formats.workbooks import open_xls, open_xlsx
from regaudit.sources.formats.xes import open_xes
from regaudit.sources.formats.xmlrecords import open_xml
from regaudit.sources.tables import BLANK_SHEET, NoTableError, OnBytes, Table, left_out

_HEAD, _BINARY_HEAD = 64 << 10, 4096
_PARQUET, _ZIP, _OLE, _GZIP = b"PAR1", b"PK", b"\xd0\xcf\x11\xe0", b"\x1f\x8b"
_ZIP_SECOND = (b"\x03\x04", b"\x05\x06")
_REFUSED = {
    b"Rar!\x1a\x07": "RAR 压缩包:请解压,或改用 ZIP",
    b"7z\xbc\xaf\x27\x1c": "7z 压缩包:请解压,或改用 ZIP",
    b"%PDF": "PDF 文件:请从平台导出 Excel 或 CSV",
}
_WORKBOOK_PART = "xl/workbook."
_HTML = re.compile(
    r"<!doctype\s+html|<(?:html|head|meta|body|style|title|table|div|center|font|p|br)\b", re.I
)
_JSON_ARRAY = re.compile(r"\[\s*[{\]]")
_SNIFFED_LINES = 10
_EMPTY = "空文件"
_TEXT_NOISE = "\ufeff \r\n\t\x00"


class _Opening(Struct, frozen=True):
    """What every format needs to open a file."""

    known: frozenset[str]
    on_bytes: OnBytes
    delimiter: str


def open_export(
    path: Path, on_bytes: OnBytes, known: frozenset[str] = frozenset(), delimiter: str = ""
) -> list[Table]:
    """Open an export of any supported format: a file, or a folder of files; blank sheets are left out.

    As `open_whole`.
    """
    return [t for t in open_whole(path, on_bytes, known, delimiter) if t.omitted != BLANK_SHEET]


def open_whole(
    path: Path, on_bytes: OnBytes, known: frozenset[str] = frozenset(), delimiter: str = ""
) -> list[Table]:
    """Open an export with all that it holds.

    Args:
        path: a file, plain, gzip or ZIP, or a folder.
        on_bytes: hears of every piece read.
        known: names of columns that help to find the header below title rows.
        delimiter: between the cells of delimited text; empty: it is found out.

    Returns:
        Its tables. What holds no table, a sheet of a workbook, a file of a folder or ZIP, is one without
        columns that says why (`omitted`), so that it can be told to the user.

    Raises:
        RefusedFileError: the format is not supported, the file is damaged, or no table is in it.
    """
    opening = _Opening(known, on_bytes, delimiter)
    is_folder = path.is_dir()
    tables = list(_open_folder(path, opening)) if is_folder else _open_file(path, path.name, opening)
    if not any(table.columns for table in tables):
        raise RefusedFileError(f"{path.name} 中没有表格数据:请检查是否选错文件,或确认平台已导出")
    names = unique_names([table.name for table in tables]) if len(tables) > 1 else [tables[0].name]
    return [replace(table, name=name) for table, name in zip(tables, names, strict=True)]


def _open_folder(path: Path, opening: _Opening) -> Iterator[Table]:
    found = folder_files(path)
    for name, reason in found.refused:
        yield left_out(name, Path(name).stem, reason)
    for file, name in found.files:
        for table in _leniently(file, name, opening):
            yield replace(table, name=_joined(name, table.name), member=name)


def _leniently(file: Path, name: str, opening: _Opening) -> list[Table]:
    try:
        if file.stat().st_size == 0:
            return [_no_table(name, _EMPTY)]
        return _open_file(file, name, opening)
    except NoTableError as error:
        return [_no_table(name, str(error))]


def _open_file(path: Path, name: str, opening: _Opening) -> list[Table]:
    source = open_file(path, name)
    head = source.head(4)
    is_zip = head.startswith(_ZIP) and head[2:4] in _ZIP_SECOND
    if is_zip and source.path is not None and not _is_workbook(entries(path)):
        return list(_open_zip(path, name, opening))
    return _open_source(source, opening)


def _open_zip(path: Path, name: str, opening: _Opening) -> Iterator[Table]:
    found = members(path, name)
    if any(shown == "[Content_Types].xml" for _, shown in found):
        raise NoTableError(f"文件 {name} 是 Word 或 PowerPoint 文档:请从平台导出 Excel 或 CSV")
    if any(shown == "mimetype" for _, shown in found):
        raise NoTableError(f"文件 {name} 是 OpenDocument 文档:请另存为 XLSX 或 CSV")
    for info, shown in found:
        if is_outside(shown):
            yield left_out(shown, Path(shown).stem, "路径在压缩包之外,不读取")
            continue
        for table in _open_packed(path, info, shown, opening):
            yield replace(table, name=_joined(shown, table.name))


def _open_packed(path: Path, info: zipfile.ZipInfo, shown: str, opening: _Opening) -> list[Table]:
    if info.file_size == 0:
        return [_no_table(shown, _EMPTY)]
    try:
        return _open_source(open_member(path, info, shown), opening)
    except NoTableError as error:
        return [_no_table(shown, str(error))]


def _open_source(source: Source, opening: _Opening) -> list[Table]:
    head = source.head(_HEAD)
    for magic, what in _REFUSED.items():
        if head.startswith(magic):
            raise NoTableError(f"文件 {source.name} 是 {what}")
    if head.startswith(_PARQUET):
        return [open_parquet(source, opening.on_bytes)]
    if head.startswith(_OLE):
        return open_xls(source, opening.known, opening.on_bytes)
    if head.startswith(_ZIP) and head[2:4] in _ZIP_SECOND:
        return _open_workbook_package(source, opening)
    if head.startswith(_GZIP):
        raise RefusedFileError(f"文件 {source.name} 经过两次 gzip 压缩:请先解压一次")
    return _open_text(source, head, opening)


def _open_workbook_package(source: Source, opening: _Opening) -> list[Table]:
    names = entries(source.content())
    if not names:
        raise RefusedFileError(f"文件 {source.name} 不是完整的 Excel 工作簿:请重新导出或重新传输")
    if not _is_workbook(names):
        raise NoTableError(f"文件 {source.name} 是压缩包中的压缩包,或不是 Excel 工作簿:请先解压")
    return open_xlsx(source, opening.known, opening.on_bytes)


def _open_text(source: Source, head: bytes, opening: _Opening) -> list[Table]:
    encoding = detect_encoding(source)
    if b"\x00" in head[:_BINARY_HEAD] and not encoding.startswith("utf-16"):
        raise NoTableError(
            f"文件 {source.name} 不是文本,也不是支持的格式:支持 Excel、CSV、JSON Lines、Parquet、XML、XES"
        )
    if encoding == "gb18030":
        refuse_garbled(source)
    decoder = codecs.getincrementaldecoder(encoding)("ignore")
    text = decoder.decode(head).lstrip(_TEXT_NOISE)
    lines = [line for line in text.split("\n", _SNIFFED_LINES)[:_SNIFFED_LINES] if line.strip()]
    if 2 * sum(line.startswith("{") for line in lines) > len(lines):
        return [open_json_lines(source, encoding, opening.on_bytes)]
    if _JSON_ARRAY.match(text):
        return [open_json_array(source, encoding, opening.on_bytes)]
    if text.startswith("<"):
        return _open_markup(source, encoding, text, opening)
    return [open_delimited(source, encoding, opening.known, opening.on_bytes, opening.delimiter)]


def _open_markup(source: Source, encoding: str, text: str, opening: _Opening) -> list[Table]:
    body = re.sub(r"<\?.*?\?>|<!--.*?-->", "", text, flags=re.S).lstrip(_TEXT_NOISE)
    root = re.match(r"<(?:[\w.-]+:)?([\w.-]+)", body)
    if "urn:schemas-microsoft-com:office:spreadsheet" in text and root and root[1] == "Workbook":
        return open_spreadsheet_ml(source, encoding, opening.known, opening.on_bytes)
    if _HTML.match(body):
        return open_html(source, encoding, opening.known, opening.on_bytes)
    if root and root[1] == "log":
        return open_xes(source, encoding, opening.on_bytes)
    return open_xml(source, encoding, opening.on_bytes)


def _is_workbook(names: frozenset[str]) -> bool:
    return any(name.startswith(_WORKBOOK_PART) for name in names)


def _joined(member: str, inner: str) -> str:
    return f"{member}/{inner}" if inner else member


def _no_table(name: str, reason: str) -> Table:
    return left_out("", Path(name).stem, reason)
