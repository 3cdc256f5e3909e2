"""Between which rows of the published tables a case lies: to look through all takes ten times as long.

DuckDB itself knows of a piece of a table no more than how its texts begin, and numbers of cases begin alike.
"""

from collections.abc import Iterable

import duckdb
from msgspec import Struct

_TABLES = ("cases", "steps", "clock_rounds")
_BLOCK = 2_048
"""Rows that DuckDB reads at once."""
_EDGES = """
SELECT rowid // {block} AS block, min(office || '/' || case_no) AS low, max(office || '/' || case_no) AS high
FROM main.{table} GROUP BY block ORDER BY block
"""


class CasePlaces(Struct, frozen=True):
    """The first and last case of each block of rows, by table."""

    edges: dict[str, list[tuple[int, str, str]]]

    def of(self, office: str, case_no: str) -> dict[str, tuple[int, int]]:
        """For each table, between which rows, both included, all of a case lies."""
        key = f"{office}/{case_no}"
        return {
            name: _span(block for block, low, high in edges if low <= key <= high)
            for name, edges in self.edges.items()
        }


def read_places(db: duckdb.DuckDBPyConnection) -> CasePlaces:
    """What a published database has where; half a second for a million cases.

    Where a night wrote cases anew, they stand at the end of a table: then more blocks are looked through.
    """
    return CasePlaces(
        {table: db.execute(_EDGES.format(block=_BLOCK, table=table)).fetchall() for table in _TABLES}
    )


def _span(blocks: Iterable[int]) -> tuple[int, int]:
    found = list(blocks)
    return (found[0] * _BLOCK, (found[-1] + 1) * _BLOCK - 1) if found else (0, -1)
