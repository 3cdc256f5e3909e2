"""Offsets behind times, such as `+08:00`: which there are, and what a time is without its own."""

from collections import Counter

import polars as pl

from regaudit.sources.canonical.layouts import Layout
from regaudit.sources.canonical.times import OFFSET, parse_times

# Behind a clock alone: the end of `2026-03-02` is no offset.
_BEHIND_CLOCK = rf"([::]\d{{1,2}}(?:[.,]\d{{1,9}})?|^\d{{8}}[ T]?\d{{2}}:?\d{{2}}:?\d{{2}})\s*({OFFSET})$"


def as_believed(raw: pl.Series, offsets: str) -> pl.Series:
    """Times as text; where offsets are `ignored` each as its clock on the wall showed it."""
    return raw.str.replace(_BEHIND_CLOCK, "${1}") if offsets == "ignored" else raw


def count_offsets(raw: pl.DataFrame, layout: Layout, zone: str) -> tuple[Counter[str], int]:
    """Count the offsets of the times of a table, and the times that are others where offsets are believed.

    Args:
        raw: rows as read from the file.
        layout: which of their columns are times.
        zone: the workspace's.

    Returns:
        How many times have which offset, and how many of them the clocks of the zone showed otherwise then.
    """
    columns = layout.kind.columns
    times = {name for name in layout.kind.moments if columns[name].form != "date"}
    found, moved = Counter[str](), 0
    for source in sorted({source for name, source in layout.sources() if name in times}):
        stripped = raw[source].str.strip_chars()
        offsets = stripped.str.extract(_BEHIND_CLOCK, 2)
        if offsets.null_count() < len(offsets):
            cells = stripped.filter(offsets.is_not_null())
            found.update(offsets.drop_nulls().to_list())
            differs = parse_times(cells, zone, zone) != parse_times(as_believed(cells, "ignored"), zone, zone)
            moved += int(differs.fill_null(value=False).sum())
    return found, moved
