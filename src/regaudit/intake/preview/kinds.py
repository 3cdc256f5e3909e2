"""What format a file has, for people."""

import codecs
import re
from pathlib import Path

from regaudit.sources.formats.packages import entries
from regaudit.sources.formats.streams import Source, detect_encoding, open_file

_HEAD = 64 << 10
_MARKUP = (
    (r"urn:schemas-microsoft-com:office:spreadsheet", "SpreadsheetML 2003(XML 表格)"),
    (r"<log\b", "XES 事件日志"),
    (r"<!doctype\s+html|<(?:html|table|body)\b", "HTML 表格"),
    (r"<", "XML"),
)


def format_of(path: Path) -> str:
    """The format of a file or folder by its content, in Chinese, with a text's encoding.

    Raises:
        OSError: it cannot be read.
        RefusedFileError: it is packed and damaged.
    """
    if path.is_dir():
        return "文件夹"
    source = open_file(path)
    packed = "gzip 压缩的 " if source.path is None else ""
    head = source.head(_HEAD)
    if head.startswith(b"PAR1"):
        return f"{packed}Parquet"
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return f"{packed}Excel 97-2003 工作簿(XLS)"
    if head.startswith(b"PK"):
        names = entries(path) if source.path else entries(source.content())
        is_workbook = any(name.startswith("xl/workbook.") for name in names)
        return f"{packed}Excel 工作簿(XLSX)" if is_workbook else "ZIP 压缩包"
    return packed + _text_format(source, head)


def _text_format(source: Source, head: bytes) -> str:
    encoding = detect_encoding(source)
    text = codecs.getincrementaldecoder(encoding)("ignore").decode(head).lstrip("\ufeff \r\n\t\x00")
    shown = encoding.upper()
    if text.startswith("{"):
        return f"JSON Lines({shown})"
    if re.match(r"\[\s*[{\]]", text):
        return f"JSON 数组({shown})"
    if text.startswith("<"):
        kind = next(title for pattern, title in _MARKUP if re.search(pattern, text, re.IGNORECASE))
        return f"{kind}({shown})"
    return f"分隔文本 CSV({shown})"
