"""Times that are plain numbers in workbooks that count their days from 1904."""

from collections.abc import Iterable

import polars as pl

_SERIAL = r"^\s*(\d{5})(\.\d{1,17})?\s*$"
_DAYS = 1_462
"""From 1900-01-00 to 1904-01-01, as Excel counts."""


def counted_from_1900(rows: pl.DataFrame, columns: Iterable[str]) -> pl.DataFrame:
    """The rows of a table that counts from 1904, with the numbers in its time columns counted from 1900.

    Args:
        rows: as read.
        columns: those that are used as times.
    """
    return rows.with_columns(_shifted(pl.col(name)).alias(name) for name in columns)


def _shifted(cell: pl.Expr) -> pl.Expr:
    days = cell.str.extract(_SERIAL, 1).cast(pl.Int64) + _DAYS
    fraction = cell.str.extract(_SERIAL, 2).fill_null("")
    return pl.when(days.is_not_null()).then(pl.concat_str(days.cast(pl.String), fraction)).otherwise(cell)
