"""Names that are none: Chinese that was converted to `??`, or read in the encoding of another language.

`ÕÅÎ°` is 张伟 of GBK read as Latin-1, `å¼ ä¼Ÿ` of UTF-8, `寮犱紵` of UTF-8 read as GBK. Files and queries
come by here alike: whoever stores such names has persons whom no roster knows. `José` and `Müller` are names.
"""

import re
import unicodedata
from codecs import getincrementaldecoder
from collections.abc import Iterator

import polars as pl

from regaudit.catalogue.columns import Column

CHARSET_ADVICE = (
    "文件请按 UTF-8 或 GB18030 重新导出;数据库查询请在 regaudit.toml 该数据源的 [sources.database] 中"
    "用 options 设置驱动的字符集(charset),见 docs/zh/databases.md"
)
"""What to do; it ends every reason given here."""
DAMAGED = "\ufffd"
_DECODING = f"有字符无法解码:{CHARSET_ADVICE}"
_LOST = f"汉字变成了“?”,转换字符集时已丢失:{CHARSET_ADVICE}"
_MISREAD = f"是乱码,汉字被按别的字符集读出:{CHARSET_ADVICE}"
_NAME_LIKE = ("id", "name", "code")
_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_QUESTIONS = re.compile(rf"\?\?|^\?|[{_HAN}]\?")
_HAS_HAN = re.compile(f"[{_HAN}]")
_ONLY_CHINESE = re.compile(rf"[\x00-\x7f{_HAN}\u3000-\u303f\uff00-\uffef·]*")
_SUSPECT = r"\?|[^\x00-\x7f]"
_FOREIGN_RUN = re.compile(r"[^\x00-\x7f]+")
_LONG_RUN = 4
_EATEN = b"\xa0"
"""The last byte of a character, where it was taken for white space at the end of a cell."""
_REPLACEMENT_AS_GBK = "锟斤拷"


def is_name_like(column: Column) -> bool:
    """Whether people and things are told apart by what stands in a column."""
    return column.form in _NAME_LIKE or column.identifies


def garbled_faults(cells: pl.Series, column: Column) -> Iterator[tuple[pl.Expr, str]]:
    """Why clean cells of a column cannot be what was typed: conditions over that column, with reasons."""
    name = pl.col(cells.name)
    yield name.str.contains(DAMAGED, literal=True), _DECODING
    if not is_name_like(column) or not _looks_foreign(cells):
        return
    # Of a million numbers with one Chinese prefix, one text is looked at.
    plain = cells.str.replace_all("[0-9]+", "0").unique().drop_nulls()
    suspects = plain.filter(plain.str.contains(_SUSPECT)).to_list()
    faults = {text: fault for text in suspects if (fault := fault_of(text)) is not None}
    for reason in dict.fromkeys(faults.values()):
        texts = [text for text, fault in faults.items() if fault == reason]
        yield name.str.replace_all("[0-9]+", "0").is_in(texts), reason


def _looks_foreign(cells: pl.Series) -> bool:
    """Whether any cell has a question mark or a character beyond ASCII; nearly no account has."""
    return bool(
        cells.str.len_bytes().sum() > cells.str.len_chars().sum()
        or cells.str.contains("?", literal=True).any()
    )


def fault_of(text: str) -> str | None:
    """Why a name is none; None where it may be one."""
    if _QUESTIONS.search(text):
        return _LOST
    return _MISREAD if _REPLACEMENT_AS_GBK in text or _was_misread(text) else None


def _was_misread(text: str) -> bool:
    if _HAS_HAN.search(text):
        return _was_utf8_read_as_gbk(text)
    raw = _western_bytes(text)
    return raw is not None and (_is_utf8(raw) or _is_utf8(raw + _EATEN) or _is_gbk(raw, text))


def _was_utf8_read_as_gbk(text: str) -> bool:
    """Its bytes in GBK are Chinese in UTF-8, and it has characters that no one writes every day."""
    try:
        # The last character may have lost a byte that nothing followed.
        original = getincrementaldecoder("utf-8")().decode(text.encode("gbk"))
    except UnicodeError:
        return False
    return _HAS_HAN.search(original) is not None and not _is_gb2312(text)


def _is_gb2312(text: str) -> bool:
    try:
        text.encode("gb2312")
    except UnicodeError:
        return False
    return True


def _western_bytes(text: str) -> bytes | None:
    """The bytes that Latin-1 or Windows-1252 read as `text`; None where they read no such thing."""
    raw = bytearray()
    for char in text:
        for encoding in ("cp1252", "latin-1"):
            try:
                raw += char.encode(encoding)
            except UnicodeError:
                continue
            break
        else:
            return None
    return bytes(raw)


def _is_utf8(raw: bytes) -> bool:
    try:
        return _HAS_HAN.search(raw.decode("utf-8")) is not None
    except UnicodeError:
        return False


def _is_gbk(raw: bytes, text: str) -> bool:
    """Chinese in GBK; what European names have of such bytes are single letters among others."""
    try:
        original = raw.decode("gb18030")
    except UnicodeError:
        return False
    if not _HAS_HAN.search(original) or not _ONLY_CHINESE.fullmatch(original):
        return False
    runs = _FOREIGN_RUN.findall(text)
    if any(len(run) >= _LONG_RUN for run in runs):
        return True
    has_letters = any(unicodedata.category(char).startswith("L") for run in runs for char in run)
    return has_letters and not any(char.isascii() and char.isalpha() for char in text)
