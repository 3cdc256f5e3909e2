"""ZIP files: what their members are called, and whether it is safe to unpack them."""

import io
import zipfile
from pathlib import Path

from regaudit.base.admission import is_hidden
from regaudit.base.errors import RefusedFileError
from regaudit.sources.formats.extents import Extent
from regaudit.sources.formats.streams import CHUNK, ZIP_DAMAGE

_MOST_MEMBERS = 10_000
_MOST_BYTES = 4 << 30
_SUSPICIOUS_BYTES = 256 << 20
_SUSPICIOUS_RATIO, _SUSPICIOUS_BOOK = 200, 60
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
            _check_sizes(found, name, _SUSPICIOUS_BOOK)
            for info in found:
                # Reading to the end compares checksums: the workbook is whole, or it is refused here.
                _check_part(archive, info, name)
    except _DAMAGE as error:
        raise RefusedFileError(f"Excel 文件 {name} 不完整或已损坏:请重新导出或重新传输") from error


def _check_part(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> None:
    extent = Extent(name, info)
    with archive.open(info) as part:
        while chunk := part.read(CHUNK):
            extent.add(chunk)
    extent.check()


def _check_sizes(found: list[zipfile.ZipInfo], name: str, most: int = _SUSPICIOUS_RATIO) -> None:
    unpacked, packed = sum(i.file_size for i in found), sum(i.compress_size for i in found)
    ratio = unpacked / max(packed, 1)
    if (
        len(found) > _MOST_MEMBERS
        or unpacked > _MOST_BYTES
        or (unpacked > _SUSPICIOUS_BYTES and ratio > most)
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
