"""What one row of an export lacks and others have: canonical values by a key that they share."""

from collections.abc import Iterable, Iterator

import polars as pl

from regaudit.catalogue.columns import Column
from regaudit.sources.canonical.cells import clean_cells, without_fillers
from regaudit.sources.canonical.layouts import Layout, Sources
from regaudit.sources.tables import Table

KEY, VALUE, IS_AMBIGUOUS = "__key", "__value", "__is_ambiguous"
_SCHEMA = {KEY: pl.String, VALUE: pl.String}
_COMPACT_ROWS = 1_000_000


class Lookups:
    """What the rows of some tables have, by canonical column and key; read when it is first asked for."""

    def __init__(self, tables: Iterable[tuple[Table, Layout]] = ()) -> None:
        self._tables = list(tables)
        self._pairs: dict[str, pl.DataFrame] = {}

    def find(self, name: str, keys: pl.Series) -> pl.DataFrame:
        """What rows with these keys have in a canonical column.

        Returns:
            `KEY` (unique), `VALUE`, and `IS_AMBIGUOUS`: the key has several values, and `VALUE` is null.
        """
        if name not in self._pairs:
            self._pairs[name] = _gather(name, self._tables)
        # The short side is hashed, so a page costs one pass over the keys of the export.
        return self._pairs[name].join(keys.alias(KEY).unique().to_frame(), on=KEY, how="inner")


def picked(column: Column, sources: Iterable[str]) -> pl.Expr:
    """The first cell that is not blank, as a canonical column takes it."""
    return pl.coalesce(without_fillers(column, pl.col(source)) for source in sources)


def _gather(name: str, tables: Iterable[tuple[Table, Layout]]) -> pl.DataFrame:
    """All pairs of key and value. Each is held once: as much as there are keys, however long the export."""
    parts: list[pl.DataFrame] = [pl.DataFrame(schema=_SCHEMA)]
    waiting = 0
    for batch_pairs in _pairs_of(name, tables):
        parts.append(batch_pairs)
        waiting += batch_pairs.height
        if waiting > max(_COMPACT_ROWS, parts[0].height):
            parts, waiting = [pl.concat(parts).unique()], 0
    is_single = pl.col(VALUE).len() == 1
    value = pl.when(is_single).then(pl.col(VALUE).first()).alias(VALUE)
    return pl.concat(parts).unique().group_by(KEY).agg(value, (~is_single).alias(IS_AMBIGUOUS))


def _pairs_of(name: str, tables: Iterable[tuple[Table, Layout]]) -> Iterator[pl.DataFrame]:
    for table, layout in tables:
        keys, values = layout.fills.get(name, ()), given_by(name, layout)
        if keys and values:
            column = layout.kind.columns[name]
            for batch in table.read():
                cells = clean_cells(batch.rows, list(dict.fromkeys([*keys, *values])))
                pairs = cells.select(picked(column, keys).alias(KEY), picked(column, values).alias(VALUE))
                yield pairs.drop_nulls().unique()


def given_by(name: str, layout: Layout) -> tuple[str, ...]:
    """The columns of a table that a canonical column is taken from."""
    columns: list[Sources] = [action.columns for action in layout.actions] or [layout.columns]
    return columns[0].get(name, ())
