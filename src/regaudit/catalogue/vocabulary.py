"""Canonical columns and values with their Chinese names.

The columns are those of the kinds of exports; the values come from `projections/reference/vocabulary.csv`,
which the warehouse's titles come from too. An import writes the value for its title and aliases; its
`readings` stay in the log as they came, and mean the value wherever they are read: what was imported before
they were known is read alike.
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
    for value, title, aliases, _ in _vocabulary(column).iter_rows():
        names |= dict.fromkeys([title, *filter(None, aliases.split("|"))], value)
    return names


@cache
def understood_values(column: str) -> dict[str, str]:
    """All texts of a column's coded values whose meaning is known, however the log has them → the value."""
    texts = canonical_values(column) | {value: value for value in value_titles(column)}
    for value, _, _, readings in _vocabulary(column).iter_rows():
        texts |= dict.fromkeys(filter(None, readings.split("|")), value)
    return texts


@cache
def value_titles(column: str) -> dict[str, str]:
    """A column's canonical values → their Chinese names."""
    return {value: title for value, title, *_ in _vocabulary(column).iter_rows()}


def _vocabulary(column: str) -> pl.DataFrame:
    path = projections_dir() / "reference" / "vocabulary.csv"
    table = pl.read_csv(path, infer_schema=False).fill_null("").filter(pl.col("column") == column)
    return table.select("value", "title", "aliases", "readings")


def coded_columns() -> tuple[str, ...]:
    """Columns whose values the vocabulary lists, of all kinds of exports."""
    return tuple(dict.fromkeys(name for kind in export_kinds().values() for name in kind.codes))
