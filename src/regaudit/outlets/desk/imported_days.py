"""Of which days of an office there is no data, by what was published."""

from collections.abc import Iterable
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any

import duckdb
import polars as pl

from regaudit.base.settings import Settings
from regaudit.outlets.coverage import Gap, gaps_of

_SEEN = """
SELECT DISTINCT office, occurred_at::DATE AS on_date FROM main.steps
WHERE office IS NOT NULL AND occurred_at IS NOT NULL ORDER BY office, on_date
"""
_DECLARED = """
SELECT DISTINCT unnest(offices) AS office, covers_from, covers_to FROM main.imports
WHERE kind = 'steps' AND covers_from IS NOT NULL AND covers_to IS NOT NULL ORDER BY office
"""


def read_gaps(db: duckdb.DuckDBPyConnection, settings: Settings, national: pl.DataFrame) -> list[Gap]:
    """The gaps of every office, as `coverage.find_gaps` finds them in the log.

    Args:
        db: a connection to the published tables.
        settings: the workspace's.
        national: `calendar.national_calendar`.
    """
    seen = _by_office(db.execute(_SEEN).fetchall())
    declared = _by_office(db.execute(_DECLARED).fetchall())
    days: dict[str, list[date]] = {office: [day for (day,) in rows] for office, rows in seen.items()}
    return gaps_of(
        {office: [(first, last) for first, last in rows] for office, rows in declared.items()},
        days,
        settings,
        national,
    )


def _by_office(rows: Iterable[tuple[Any, ...]]) -> dict[str, list[tuple[Any, ...]]]:
    return {str(office): [row[1:] for row in of_one] for office, of_one in groupby(rows, key=itemgetter(0))}
