"""Canonical columns and values with their Chinese names.

The columns are those of the kinds of exports; the values come from `projections/reference/vocabulary.csv`,
which the warehouse's titles come from too.
"""

from functools import cache

import polars as pl

from regaudit.catalogue.content import projections_dir
from regaudit.catalogue.kinds import all_columns, export_kinds


def display_name(column: str) -> str:
    """The Chinese name of a canonical column; one that several kinds of exports have is the first kind's."""
    return all_columns()[column].title


@cache
def canonical_values(column: str) -> dict[str, str]:
    """Chinese names and aliases of a column's coded values → the canonical value."""
    names: dict[str, str] = {}
    for value, title, aliases in _vocabulary(column).iter_rows():
        names |= dict.fromkeys([title, *filter(None, aliases.split("|"))], value)
    return names


@cache
def value_titles(column: str) -> dict[str, str]:
    """A column's canonical values → their Chinese names."""
    return {value: title for value, title, _ in _vocabulary(column).iter_rows()}


def _vocabulary(column: str) -> pl.DataFrame:
    path = projections_dir() / "reference" / "vocabulary.csv"
    table = pl.read_csv(path, infer_schema=False).fill_null("").filter(pl.col("column") == column)
    return table.select("value", "title", "aliases")


def coded_columns() -> tuple[str, ...]:
    """Columns whose values the vocabulary lists, of all kinds of exports."""
    return tuple(dict.fromkeys(name for kind in export_kinds().values() for name in kind.codes))
