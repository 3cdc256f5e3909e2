"""ZIP files: what their members are called, and whether it is safe to unpack them."""

import io
import re
import zipfile
from pathlib import Path

from regaudit.base.admission import is_hidden
from regaudit.base.errors import RefusedFileError
from regaudit.sources.formats.grids import MOST_CELLS, SPARSE_CELLS, SPARSE_SHARE
from regaudit.sources.formats.streams import CHUNK, ZIP_DAMAGE

_MOST_MEMBERS = 10_000
_MOST_BYTES = 4 << 30
_SUSPICIOUS_BYTES = 256 << 20
_SUSPICIOUS_RATIO = 200
_CELL_COLUMN = re.compile(rb'\sr=["\']([A-Z]{1,3})[0-9]{1,7}["\'][^/>]*>')  # of cells that hold something
_ROW = re.compile(rb'<(?:\w+:)?row [^>]*?r=["\']([0-9]{1,9})["\']')
_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
_DAMAGE = (*ZIP_DAMAGE, RuntimeError, ValueError)
"""What a damaged directory of a ZIP file raises, too, and a member with a password."""


def members(path: Path, name: str) -> list[tuple[zipfile.ZipInfo, str]]:
    """The files of an archive with their names, Chinese ones of old Windows tools included.

    Raises:
        RefusedFileError: it is damaged, locked by a password, or unpacks to more than can be meant.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            found = [info for info in archive.infolist() if not info.is_dir()]
    except _DAMAGE as error:
        raise RefusedFileError(
            f"文件 {name} 不是完整的 Excel 工作簿或 ZIP 压缩包:请重新导出或重新传输"
        ) from error
    _check_sizes(found, name)
    return [(info, shown) for info in found if not is_hidden((shown := _shown_name(info)).replace("..", ""))]


def is_outside(name: str) -> bool:
    """Whether a member's name leads out of the archive: no exporter writes such a one."""
    parts = name.replace("\\", "/").split("/")
    return ".." in parts or not parts[0] or parts[0].endswith(":")


def entries(path_or_content: Path | bytes) -> frozenset[str]:
    """The names in a ZIP file; none when it cannot be read."""
    try:
        source = io.BytesIO(path_or_content) if isinstance(path_or_content, bytes) else path_or_content
        with zipfile.ZipFile(source) as archive:
            return frozenset(archive.namelist())
    except _DAMAGE:
        return frozenset()


def check_xlsx(content: bytes, name: str) -> None:
    """Refuse a workbook that is damaged, or whose sheets would not fit into memory once opened."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            found = archive.infolist()
            _check_sizes(found, name)
            for info in found:
                # Reading to the end compares checksums: the workbook is whole, or it is refused here.
                _check_part(archive, info, name)
    except _DAMAGE as error:
        raise RefusedFileError(f"Excel 文件 {name} 不完整或已损坏:请重新导出或重新传输") from error


def _check_part(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> None:
    is_sheet = "/worksheets/" in info.filename
    columns: set[bytes] = set()
    last_row, filled, kept = 0, 0, b""
    with archive.open(info) as part:
        while chunk := part.read(CHUNK):
            if is_sheet:
                text = kept + chunk
                found = _CELL_COLUMN.findall(text)
                columns.update(found)
                filled += len(found)
                last_row = max([last_row, *map(int, _ROW.findall(text))])
                kept = text[-64:]
    width = max(map(_column_number, columns), default=0)
    area = width * last_row
    if area > MOST_CELLS or (area > SPARSE_CELLS and filled * SPARSE_SHARE < area):
        raise RefusedFileError(
            f"Excel 文件 {name} 的一张工作表有 {last_row} 行、{width} 列,过大:"
            "请删除数据以外多余的行列,或另存为 CSV(UTF-8)后再导入"
        )


def _check_sizes(found: list[zipfile.ZipInfo], name: str) -> None:
    unpacked, packed = sum(i.file_size for i in found), sum(i.compress_size for i in found)
    ratio = unpacked / max(packed, 1)
    if (
        len(found) > _MOST_MEMBERS
        or unpacked > _MOST_BYTES
        or (unpacked > _SUSPICIOUS_BYTES and ratio > _SUSPICIOUS_RATIO)
    ):
        raise RefusedFileError(
            f"文件 {name} 解压后有 {len(found)} 个文件、{unpacked / CHUNK:.0f} MB,不像正常的导出:"
            "请检查来源,或解压后以文件夹导入"
        )
    if any(info.flag_bits & _ENCRYPTED for info in found):
        raise RefusedFileError(f"压缩包 {name} 有密码:请解压后再导入,或导出为不加密的文件")


def _shown_name(info: zipfile.ZipInfo) -> str:
    if not info.flag_bits & _UTF8_NAME:
        try:
            return info.filename.encode("cp437").decode("gb18030")
        except (UnicodeEncodeError, UnicodeDecodeError):
            pass
    return info.filename


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
