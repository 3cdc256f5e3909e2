"""Ids that are none any more: what a spreadsheet leaves of a number that it took for a quantity.

`150602202603020001` becomes `1.50602E+17`, and so do all others of that day: whoever imports it makes one
case of many, or one person of five. What is lost cannot be guessed; the row waits for a sound export.
"""

from collections.abc import Iterator

import polars as pl

ID_COLUMNS = (*("case_no", "office", "account", "person_id", "unit_no", "batch_no", "serial_no"),)
"""The canonical columns whose cells are compared, never counted."""
_ADVICE = "请在平台重新导出;不要用 Excel 另存"
# An input method left in full-width mode writes these signs in another way.
_DIGIT, _POINT, _PLUS, _HASH = r"[0-9\uff10-\uff19]", r"[.\uff0e]", r"[+\uff0b]", r"[#\uff03]"
_SIGN, _E = r"[-+\uff0b\uff0d]", r"[Ee\uff25\uff45]"
# Without a point or a plus it may be an id: a flat `3E5`.
_POWER = rf"{_SIGN}?{_DIGIT}(?:{_POINT}{_DIGIT}*{_E}{_SIGN}?{_DIGIT}{{1,3}}|{_E}{_PLUS}{_DIGIT}{{1,3}})"
_FRACTION = rf"{_DIGIT}+{_POINT}[0\uff10]{{1,6}}"
_ERROR = (
    rf"{_HASH}(?i:REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|SPILL!|CALC!|FIELD!|BLOCKED!|CONNECT!|GETTING_DATA)"
)
_HASHES = rf"{_HASH}{{2,}}"
_OF_IDS = {
    _POWER: f"是科学计数法,末尾的数字已丢失:{_ADVICE}",
    _FRACTION: f"以“.0”结尾,编号被当成了数量,前面的零可能已丢失:{_ADVICE}",
}
_OF_ALL = {
    _ERROR: f"是公式的错误值:{_ADVICE}",
    _HASHES: f"只有“#”,列宽不足时另存丢失了内容:{_ADVICE}",
}


def id_faults(cells: pl.Series) -> Iterator[tuple[pl.Expr, str]]:
    """Why clean cells of an id column cannot be the ids that they were: conditions, and what to do.

    `#N/A` is no fault but a word for nothing, as `NULL` is.

    Args:
        cells: the column, null where blank.

    Returns:
        Conditions over a column of that name, null where it is; none where no cell has a fault.
    """
    return _faults(cells, _OF_IDS | _OF_ALL)


def value_faults(cells: pl.Series) -> Iterator[tuple[pl.Expr, str]]:
    """Why clean cells of any other column say nothing: a formula's error, a column too narrow.

    As `id_faults`.
    """
    return _faults(cells, _OF_ALL)


def _faults(cells: pl.Series, reasons: dict[str, str]) -> Iterator[tuple[pl.Expr, str]]:
    # Nearly no column has any: one look at it is enough.
    if not cells.str.contains(f"^(?:{'|'.join(reasons)})$").any():
        return
    for pattern, reason in reasons.items():
        yield pl.col(cells.name).str.contains(f"^{pattern}$"), reason
