"""Whether a sheet without a header goes on where the sheet before it ended.

A platform or a spreadsheet that has filled a sheet (65,536 or 1,048,576 rows, or a round number) goes on in
the next one, mostly without repeating the header. Such a sheet has the columns of the one before it, and in
each the same kind of cells; and a log has times.
"""

from collections.abc import Sequence

import polars as pl

from regaudit.sources.formats.headers import known_cells, plain_name

_SAMPLE_ROWS = 500
_LEAST_KNOWN, _LEAST_ALIKE = 2, 3
_FULL = frozenset((65_535, 65_536, 1_048_575, 1_048_576))
_ROUND = 1_000
_TIME = r"^\s*\d{4}[-/.年]\d{1,2}"
_NUMBER = r"^\s*[0-9.,+-]+\s*$"


def has_header(cells: pl.DataFrame, columns: Sequence[str], known: frozenset[str]) -> bool:
    """Whether the first row of a sheet names columns: known ones, or one of the sheet before it in its place.

    Args:
        cells: all of the sheet, not blank.
        columns: names of the sheet before.
        known: names of columns.
    """
    first = next((row for row in cells.head(_SAMPLE_ROWS).iter_rows() if any(row)), ())
    return known_cells(first, frozenset(map(plain_name, known))) >= _LEAST_KNOWN or any(
        cell and plain_name(cell) == plain_name(name) for cell, name in zip(first, columns, strict=False)
    )


def goes_on(before: pl.DataFrame, cells: pl.DataFrame) -> bool:
    """Whether the cells of a sheet without a header are data of the columns of the sheet before it.

    Args:
        before: the rows of that, below its header, as wide as it has columns.
        cells: all of the sheet in question, from the same column on.
    """
    kinds = _kinds(cells.head(_SAMPLE_ROWS))
    if any(kinds[before.width :]):
        return False
    others = _kinds(pl.concat([before.head(_SAMPLE_ROWS), before.tail(_SAMPLE_ROWS)]))
    pairs = [(kind, other) for kind, other in zip(kinds, others, strict=False) if kind and other]
    alike = [kind for kind, other in pairs if kind == other]
    if len(alike) < _LEAST_ALIKE or "time" not in alike:
        return False
    is_full = before.height >= _ROUND and (
        {before.height, before.height + 1} & _FULL
        or 0 in (before.height % _ROUND, (before.height + 1) % _ROUND)
    )
    return len(alike) == len(pairs) or bool(is_full and 3 * len(alike) >= 2 * len(pairs))


def _kinds(sample: pl.DataFrame) -> list[str]:
    """Of each column the kind that most of its cells are of, empty where all are blank."""
    kinds = []
    for column in sample.iter_columns():
        filled = column.drop_nulls().str.strip_chars()
        filled = filled.filter(filled != "")
        times = int(filled.str.contains(_TIME).sum())
        numbers = int(filled.str.contains(_NUMBER).sum())
        counts = {"time": times, "number": numbers, "text": len(filled) - times - numbers}
        kinds.append(max(counts, key=lambda kind: counts[kind]) if len(filled) else "")
    return kinds
