"""Finding the header of a sheet-like table: below title rows, in one row or several, at its width."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import polars as pl
from msgspec import Struct

from regaudit.sources.tables import ROW_NO

SAMPLE_ROWS = 40
Row = Sequence[str | None]
_MOST_HEADER_ROWS = 4
_LEAST_KNOWN = 2
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))
_ANY_INVISIBLE = "[\u200b\u200c\u200d\u2060\ufeff]"
_AROUND = ' \t\r\n\u3000"'
_SIGNS = "0123456789 ./:年月日时分秒T+-"
"""A cell of nothing but these is a number or a time: data, never a column's name."""


_DATUM = re.compile(r"(?=(?:\D*\d){4})[0-9 ./:年月日时分秒T+-]+[Xx]?")


class Header(Struct, frozen=True):
    """The header rows `top` to `bottom` (from 0), as they stand (stripped), and the columns' names."""

    top: int
    bottom: int
    rows: list[list[str]]
    columns: list[str]


def find_header(sample: Sequence[Row], known: frozenset[str]) -> Header | None:
    """The header among a table's first rows.

    The row with most known names is it; where fewer than two are known, the first that is about as wide as
    the table. Rows above or below it that complete it are header rows, too: a column of theirs is named
    `受理/时间`, or just `时间` where that name is known and no other column has it.

    Args:
        sample: the first rows of the table, blank ones included.
        known: names to look for, in any writing.

    Returns:
        The header; `None` when all rows are blank.
    """
    rows = [[clean_name(cell) for cell in row] for row in sample[:SAMPLE_ROWS]]
    plain = frozenset(map(plain_name, known))
    best = _best_row(rows, plain)
    if best is None:
        return None
    top = bottom = best
    while top and bottom - top + 1 < _MOST_HEADER_ROWS and _belong(rows[top - 1], rows[top]):
        top -= 1
    while bottom + 1 < len(rows) and bottom - top + 1 < _MOST_HEADER_ROWS:
        if not _belong(rows[bottom], rows[bottom + 1]):
            break
        bottom += 1
    block = [_padded(row, max(map(len, rows[top : bottom + 1]))) for row in rows[top : bottom + 1]]
    return Header(top, bottom, block, unique_names(_names(block, plain)))


def without_repeats(frame: pl.DataFrame, header: Header) -> pl.DataFrame:
    """Rows but those that repeat a header row cell by cell, as exports with page breaks and joined files do.

    The first cell of a joined file has its byte-order mark, and quotation marks that it keeps behind that.
    """
    columns = [name for name in frame.columns if name != ROW_NO]
    for row in header.rows:
        cells = _padded(row, len(columns))[: len(columns)]
        filled = [n for n, cell in enumerate(cells) if cell]
        # The last one that is filled, so that an odd first cell costs nobody a comparison.
        if not filled or not _holds(frame[columns[filled[-1]]], cells[filled[-1]]):
            continue
        same = [
            pl.col(name).fill_null("").str.replace_all(_ANY_INVISIBLE, "").str.strip_chars(_AROUND) == cell
            for name, cell in zip(columns, cells, strict=True)
        ]
        frame = frame.filter(~pl.all_horizontal(same))
    return frame


def _holds(column: pl.Series, cell: str) -> bool:
    return bool(column.str.contains(cell, literal=True).any())


def unique_names(names: list[str]) -> list[str]:
    """Names as columns can have them: `第3列` where blank, `名#2` for the second of a name."""
    taken = {ROW_NO}
    result = []
    for position, name in enumerate(names, start=1):
        label, count = name or f"第{position}列", 1
        while label in taken:
            count += 1
            label = f"{name or f'第{position}列'}#{count}"
        taken.add(label)
        result.append(label)
    return result


def known_cells(row: Row, plain: frozenset[str]) -> int:
    """How many different known names a row holds; `plain` as from `plain_name`."""
    return len({plain_name(cell or "") for cell in row} & plain)


def plain_name(name: str) -> str:
    """A column's name without white space, in lower case: what names are compared by."""
    return "".join(name.translate(_INVISIBLE).split()).lower()


def looks_like_data(names: list[str]) -> bool:
    """Whether what stands in the place of names is a row of data: one is a number, a time or an id."""
    return any(_DATUM.fullmatch(name) for name in names)


def clean_name(cell: str | None) -> str:
    """A header cell as a name: no white space around it, line breaks in it closed up."""
    return re.sub(r"\s*[\r\n]+\s*", "", (cell or "").translate(_INVISIBLE).strip())


def _best_row(rows: list[list[str]], plain: frozenset[str]) -> int | None:
    scores = [known_cells(row, plain) for row in rows]
    if max(scores, default=0) >= _LEAST_KNOWN:
        return scores.index(max(scores))
    filled = [sum(map(bool, row)) for row in rows]
    common = Counter(count for count in filled if count)
    if not common:
        return None
    usual = max(common, key=lambda count: (common[count], count))
    wide = (n for n, count in enumerate(filled) if count > 1 and 2 * count >= usual)
    return next(wide, next(n for n, count in enumerate(filled) if count))


def _belong(upper: list[str], lower: list[str]) -> bool:
    """Whether two rows are one header: groups over columns, as merged cells leave them."""
    width = max(len(upper), len(lower))
    up, low = _padded(upper, width), _padded(lower, width)
    names = [name for name in low if name]
    is_data = any(cell and not cell.strip(_SIGNS) for cell in [*up, *low])
    if sum(map(bool, up)) <= 1 or not names or is_data:
        return False
    under_group = any(b and not a for a, b in zip(up, low, strict=True))
    merged_down = any(a and not b for a, b in zip(up, low, strict=True))
    # Without merged cells it takes names that say too little alone.
    return under_group and (merged_down or len(set(names)) < len(names))


def _names(block: list[list[str]], plain: frozenset[str]) -> list[str]:
    lowest = [next((cell for cell in reversed(column) if cell), "") for column in zip(*block, strict=True)]
    if len(block) == 1:
        return lowest
    often = Counter(lowest)
    groups = [_spread(row, below) for row, below in pairwise(block)]
    paths = zip(*groups, block[-1], strict=True)
    return [
        name
        if often[name] == 1 and plain_name(name) in plain
        else "/".join(dict.fromkeys(cell for cell in path if cell))
        for name, path in zip(lowest, paths, strict=True)
    ]


def _spread(row: list[str], below: list[str]) -> list[str]:
    """A row of groups with each name over all its columns."""
    spread, group = [], ""
    for cell, lower in zip(row, below, strict=True):
        group = cell or (group if lower else "")
        spread.append(group)
        # A name over a blank is merged downwards: it is a column's own, not a group's.
        group = group if lower else ""
    return spread


def _padded(row: list[str], width: int) -> list[str]:
    return [*row, *[""] * (width - len(row))]
