"""Cells as exports write them → clean text: no white space around, null where there is nothing."""

import re
from collections.abc import Callable, Iterable

import polars as pl

from regaudit.catalogue.columns import Column
from regaudit.sources.tables import ROW_NO

# White space of every sort, the byte-order mark and zero-width characters, at either end of a cell.
_BLANKS = (
    " \t\r\n\v\f\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u200b\u200c\u200d\u202f\u205f\u2060\u3000\ufeff"
)
# What exports write where there is nothing.
_FILLERS = ("0", "/", "无", "-")
# An input method left in full-width mode writes other digits, but no other number.
_FULL_WIDTH = {chr(code + 0xFEE0): chr(code) for code in (*range(48, 58), *range(65, 91), *range(97, 123))}
_ANY_FULL_WIDTH = "[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]"
_TEXT_MARK = "'"  # how spreadsheets mark a number that is text; before anything else it means itself
_MARKED = r"^'\s*(\w)"


def clean_cells(rows: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """`ROW_NO` and the columns as stripped text, null where blank; an all-blank column costs nothing."""
    texts = [pl.col(name).cast(pl.String) for name in columns]
    if not rows.height or not columns:
        return rows.select(ROW_NO, *texts)
    filled = rows.select(text.str.len_bytes().max().fill_null(0) for text in texts).row(0)
    marked = rows.select(text.str.starts_with(_TEXT_MARK).any() for text in texts).row(0)
    stripped = rows.select(
        ROW_NO,
        *(
            _stripped(text, marked=is_marked) if length else pl.lit(None, pl.String).alias(name)
            for name, text, length, is_marked in zip(columns, texts, filled, marked, strict=True)
        ),
    )
    # A step of its own: in one expression with it, all cells would be stripped twice.
    return stripped.with_columns(pl.when(pl.col(name) != "").then(pl.col(name)) for name in columns)


def _stripped(text: pl.Expr, *, marked: bool) -> pl.Expr:
    stripped = text.str.strip_chars(_BLANKS)
    return stripped.str.replace(_MARKED, "${1}") if marked else stripped


def without_fillers(column: Column, cell: pl.Expr) -> pl.Expr:
    """A clean cell as a canonical column takes it: what stands for nothing is null."""
    if column.literal:
        return cell
    # Few and short: comparing takes a fraction of the time of looking them up.
    return pl.when(pl.all_horizontal(cell != filler for filler in _FILLERS)).then(cell)


def narrow_numbers(rows: pl.DataFrame, columns: dict[str, Column]) -> pl.DataFrame:
    """Canonical rows with the full-width digits and letters of numbers and codes made ordinary."""
    numbers = [name for name, column in columns.items() if column.is_narrow]
    suspects = _true_of(rows, numbers, lambda text: text.str.len_bytes() > text.str.len_chars())
    affected = _true_of(rows, suspects, lambda text: text.str.contains(_ANY_FULL_WIDTH))
    return rows.with_columns(pl.col(name).str.replace_many(_FULL_WIDTH) for name in affected)


def _true_of(rows: pl.DataFrame, names: list[str], test: Callable[[pl.Expr], pl.Expr]) -> list[str]:
    """The columns in which the test holds for any row."""
    found = rows.select(test(pl.col(name)).any() for name in names)
    return [name for name in names if found[name].item()]


def matches(cell: pl.Expr, patterns: Iterable[str]) -> pl.Expr:
    """Whether a clean cell is one of the patterns, without regard to case; never null.

    `*` stands for any characters, an empty pattern for a blank cell.
    """
    tests = [cell.is_null()] if "" in patterns else []
    if filled := [pattern for pattern in patterns if pattern]:
        alternatives = "|".join(".*".join(map(re.escape, pattern.split("*"))) for pattern in filled)
        tests.append(cell.str.contains(f"(?is)^(?:{alternatives})$").fill_null(value=False))
    return pl.any_horizontal(tests)
