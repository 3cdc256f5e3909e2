"""Exports that are refused as a whole once their rows are seen: none, or none that can be read."""

from collections.abc import Mapping

from regaudit.base.errors import RefusedFileError
from regaudit.intake.results import Origin
from regaudit.sources.canonical.garbled_text import CHARSET_ADVICE
from regaudit.sources.canonical.shapes import Page


def garbled_rows(page: Page) -> int:
    """How many rows of a page are rejected because their texts are garbled."""
    return len({bad.row_no for bad in page.rejected if bad.reason.endswith(CHARSET_ADVICE)})


def refuse_useless(name: str, origin: Origin, counts: Mapping[str, int]) -> None:
    """Refuse an export without rows, and a query most of whose rows are garbled: a setting of it is wrong.

    A garbled row among others goes to quarantine: one must not keep the others out.

    Args:
        name: of the file.
        origin: where it comes from.
        counts: its `rows`, and how many of them are `garbled`.

    Raises:
        RefusedFileError: it is refused; says what to do.
    """
    rows, garbled = counts["rows"], counts["garbled"]
    if not rows:
        raise RefusedFileError(f"文件 {name} 只有表头,没有数据行:请检查导出的时间范围,或是否选错文件")
    if origin.charset_advice and 2 * garbled > rows:
        raise RefusedFileError(
            f"数据源 {origin.source} 取到的文字是乱码:{rows} 行中有 {garbled} 行,没有导入。"
            f"{origin.charset_advice}"
        )
