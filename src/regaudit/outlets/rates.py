"""Rates and percentiles as people are told them: never without what they are of, and none of few."""

from collections.abc import Iterable

FEWEST = 10
"""Of fewer no percentage is told."""


def share(part: int, whole: int) -> str:
    """A percentage; of fewer than [10] none is told."""
    return f"{100 * part / whole:.1f}%" if whole >= FEWEST else "—"


def per_thousand(part: int, whole: int) -> str:
    """So many per 1,000; of fewer than [10] none is told."""
    return f"{1000 * part / whole:.1f}" if whole >= FEWEST else "—"


def percentile(counts: Iterable[tuple[int, int]], tenths: int) -> int | None:
    """The smallest value that so many tenths of all do not exceed; None of nothing.

    Args:
        counts: each value with how often it is there.
        tenths: 5 is the median.
    """
    found = sorted(counts)
    total, upto = sum(count for _, count in found), 0
    for value, count in found:
        upto += count
        if upto * 10 >= total * tenths:
            return value
    return None
