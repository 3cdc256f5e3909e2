"""Positions and numbers of many logs in one table: made unique by the log's number, and turned back.

Whatever counts events, imports or runs of a log stands behind the log's number: number × 2^40 + value. A
build over several logs computes with such numbers as with any; what is published has the log and its own.
"""

from collections.abc import Mapping, Sequence

BITS = 40
_REST = (1 << BITS) - 1
_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT")
_NAMES = frozenset(
    (
        *("position", "evidence", "positions", "told_at"),
        *("import_no", "brought_no", "brought_by", "rejecting_no", "run_no", "from_run", "until_run"),
    )
)
KEPT = frozenset(
    (
        *("part_no", "row_no", "rejected_rows", "order_no", "rows_read", "data_rows", "file_bytes"),
        *("appended", "known", "altered", "vanished", "skipped", "quarantined", "open_quarantined"),
        *("settled", "waiting"),
    )
)
"""Whole numbers of tables that a build takes from several logs, and that are the same in all of them."""


def is_of_log(column: str) -> bool:
    """Whether a column holds positions or numbers that mean something in their log alone."""
    return column in _NAMES or column.endswith(("_position", "_positions"))


def shifted(columns: Mapping[str, str], number: int) -> str:
    """The columns of a table, by their types, as a SELECT list with the numbers of a log made unique."""
    return ", ".join(_each(name, kind, f"+ {number << BITS}") for name, kind in columns.items())


def restored(columns: Mapping[str, str]) -> dict[str, str]:
    """Expressions by the columns of such a table: each as the log itself has it."""
    return {name: _each(name, kind, f"& {_REST}", named=False) for name, kind in columns.items()}


def _each(column: str, kind: str, change: str, *, named: bool = True) -> str:
    if not is_of_log(column):
        return column
    behind = f" AS {column}" if named else ""
    if kind in _WHOLE:
        return f"(CAST({column} AS BIGINT) {change}){behind}"
    if kind.removesuffix("[]") in _WHOLE:
        return f"list_transform({column}, lambda one: CAST(one AS BIGINT) {change}){behind}"
    return column


def log_of(position: str, ids: Sequence[str]) -> str:
    """The id of the log that a unique position, an expression, is of; logs are numbered from 1."""
    listed = ", ".join(f"'{name}'" for name in ids)
    return f"[{listed}][CAST({position} >> {BITS} AS INTEGER)]"
