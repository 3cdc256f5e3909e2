"""Cells as platforms write them: Chinese names, other ways to write a time, escaped text."""

import polars as pl

from regaudit.catalogue.vocabulary import coded_columns, display_name, value_titles

TIMES = ("started_at", "occurred_at", "promised_at")
_FULL = "%Y-%m-%d %H:%M:%S"
_DATE_LENGTH = len("2026-03-02")
_ESCAPES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("\n", "&#10;"))


def chinese_values(rows: pl.DataFrame) -> pl.DataFrame:
    """Coded values by their Chinese names; the columns keep theirs."""
    return rows.with_columns(
        pl.col(name).replace(value_titles(name)) for name in coded_columns() if name in rows.columns
    )


def chinese_columns(rows: pl.DataFrame) -> pl.DataFrame:
    """Canonical columns under their Chinese names."""
    return rows.rename(display_name)


def times_as(rows: pl.DataFrame, full: str, date: str) -> pl.DataFrame:
    """All times written in the formats (strftime) for times and for dates alone."""
    return rows.with_columns(time_as(pl.col(name), full, date) for name in TIMES if name in rows.columns)


def time_as(at: pl.Expr, full: str, date: str) -> pl.Expr:
    """A canonical time in the formats (strftime) for times and for dates alone; null stays null."""
    moment = as_moment(at)
    return (
        pl.when(at.str.len_bytes() == _DATE_LENGTH)
        .then(moment.dt.strftime(date))
        .otherwise(moment.dt.strftime(full))
    )


def as_moment(at: pl.Expr) -> pl.Expr:
    """A canonical time as a `Datetime`, a date alone as its midnight."""
    midnight = pl.when(at.str.len_bytes() == _DATE_LENGTH).then(pl.lit(" 00:00:00")).otherwise(pl.lit(""))
    return pl.concat_str(at, midnight).str.to_datetime(_FULL, time_unit="us")


def escaped(text: pl.Expr) -> pl.Expr:
    """Text that may stand in HTML and XML, in attributes, too."""
    for char, entity in _ESCAPES:
        text = text.str.replace_all(char, entity, literal=True)
    return text
